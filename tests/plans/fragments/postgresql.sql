SELECT json_build_object('node', coalesce((SELECT CASE WHEN (t1.content_type IN ('Article')) THEN json_build_object('title', t1.title, 'category', (SELECT json_build_object('id', t3.id, 'name', t3.name, 'treePath', t3.path) AS anon_3 
FROM (SELECT category.id AS id, category.name AS name, category.path AS path 
FROM category) AS t3 
WHERE t3.id = t1.category_id)) ELSE json_build_object('title', t1.title, 'category', (SELECT json_build_object('id', t2.id, 'name', t2.name) AS anon_4 
FROM (SELECT category.id AS id, category.name AS name 
FROM category) AS t2 
WHERE t2.id = t1.category_id)) END AS anon_2 
FROM (SELECT publication.content_type AS content_type, publication.title AS title, publication.category_id AS category_id, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t1 
WHERE t1.id = $1::VARCHAR COLLATE "C"), (SELECT json_build_object() AS anon_5 
FROM (SELECT publication.revision_id AS revision_id 
FROM publication 
WHERE publication.ended_position IS NULL) AS t4 
WHERE t4.revision_id = $1::VARCHAR COLLATE "C"), (SELECT json_build_object('name', t5.name) AS anon_6 
FROM (SELECT category.name AS name, category.id AS id 
FROM category) AS t5 
WHERE t5.id = $1::VARCHAR COLLATE "C"), (SELECT json_build_object() AS anon_7 
FROM (SELECT person.id AS id 
FROM person) AS t6 
WHERE t6.id = $1::VARCHAR COLLATE "C"), NULL)) AS anon_1
