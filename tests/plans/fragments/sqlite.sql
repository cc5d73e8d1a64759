SELECT json_object('node', coalesce((SELECT CASE WHEN (t1.content_type IN ('Article')) THEN json_object('title', t1.title, 'category', (SELECT json_object('id', t3.id, 'name', t3.title, 'treePath', t3.tree_path) AS anon_3 
FROM (SELECT publication.entry_id AS id, publication.title AS title, own_path.path AS tree_path 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t3 
WHERE t3.id = t1.category_id)) WHEN (t1.content_type IN ('Category')) THEN json_object('title', t1.title, 'category', (SELECT json_object('id', t2.id, 'name', t2.title) AS anon_4 
FROM (SELECT publication.entry_id AS id, publication.title AS title 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t2 
WHERE t2.id = t1.category_id), 'name', t1.title) ELSE json_object('title', t1.title, 'category', (SELECT json_object('id', t2.id, 'name', t2.title) AS anon_4 
FROM (SELECT publication.entry_id AS id, publication.title AS title 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t2 
WHERE t2.id = t1.category_id)) END AS anon_2 
FROM (SELECT publication.content_type AS content_type, publication.title AS title, publication.category_id AS category_id, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t1 
WHERE t1.id = ?), (SELECT json_object() AS anon_5 
FROM (SELECT publication.revision_id AS revision_id 
FROM publication 
WHERE publication.ended_position IS NULL) AS t4 
WHERE t4.revision_id = ?), NULL)) AS anon_1
