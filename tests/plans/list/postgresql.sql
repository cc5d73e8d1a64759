SELECT json_build_object('articles', (SELECT json_build_object('nodes', coalesce(json_agg(json_build_object('title', t2.title, 'slug', t2.slug, 'summary', t2.summary, 'publishedAt', to_char(t2.published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'category', (SELECT json_build_object('name', t3.title, 'slug', t3.slug) AS anon_3 
FROM (SELECT publication.title AS title, publication.slug AS slug, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t3 
WHERE t3.id = (SELECT t4.id 
FROM (SELECT own_path.path AS tree_path, publication.entry_id AS id 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t4 
WHERE t4.tree_path = $1::VARCHAR COLLATE "C")))), '[]'::json)) AS anon_2 
FROM (SELECT t5.title AS title, t5.slug AS slug, t5.summary AS summary, t5.published_at AS published_at 
FROM (SELECT publication.published_at AS published_at, publication.entry_id AS id, publication.title AS title, publication.slug AS slug, publication.summary AS summary, publication.category_id AS category_id, publication.content_type AS content_type 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t5 
WHERE t5.content_type = 'Article' AND t5.category_id = (SELECT t6.id 
FROM (SELECT own_path.path AS tree_path, publication.entry_id AS id 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t6 
WHERE t6.tree_path = $2::VARCHAR COLLATE "C") ORDER BY t5.published_at DESC, t5.id DESC 
 LIMIT ($3::BIGINT)) AS t2)) AS anon_1
