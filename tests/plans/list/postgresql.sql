SELECT json_build_object('articles', (SELECT json_build_object('nodes', coalesce(json_agg(json_build_object('title', t1.title, 'slug', t1.slug, 'summary', t1.summary, 'publishedAt', to_char(t1.published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'category', (SELECT json_build_object('name', t2.title, 'slug', t2.slug) AS anon_3 
FROM (SELECT publication.title AS title, publication.slug AS slug, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t2 
WHERE t2.id = t1.category_id))), '[]'::json)) AS anon_2 
FROM (SELECT t3.title AS title, t3.slug AS slug, t3.summary AS summary, t3.published_at AS published_at, t3.category_id AS category_id 
FROM (SELECT publication.published_at AS published_at, publication.entry_id AS id, publication.title AS title, publication.slug AS slug, publication.summary AS summary, publication.category_id AS category_id, publication.content_type AS content_type 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t3 
WHERE t3.content_type = 'Article' AND t3.category_id = (SELECT t4.id 
FROM (SELECT own_path.path AS tree_path, publication.entry_id AS id 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t4 
WHERE t4.tree_path = $1::VARCHAR COLLATE "C") ORDER BY t3.published_at DESC, t3.id DESC 
 LIMIT ($2::BIGINT)) AS t1)) AS anon_1
