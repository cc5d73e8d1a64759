SELECT json_object('articles', (SELECT json_object('nodes', json_group_array(json_object('title', t2.title))) AS anon_2 
FROM (SELECT t3.title AS title 
FROM (SELECT publication.published_at AS published_at, publication.entry_id AS id, publication.title AS title, rendition.rendered AS rendered, publication.revision_id AS revision_id, publication.category_id AS category_id, publication.content_type AS content_type 
FROM publication JOIN rendition ON rendition.revision_id = publication.revision_id 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t3 
WHERE t3.content_type = 'Article' AND ((instr(t3.title, ?) > 0) OR cast((case when typeof((t3.rendered ->> 'rating')) in ('integer', 'real') then (t3.rendered ->> 'rating') end) as float) >= ? AND ((t3.rendered ->> 'level') in (select value from json_each(?)))) AND coalesce(EXISTS (SELECT 1 
FROM (SELECT revision_tag.slug AS slug, revision_tag.revision_id AS revision_id 
FROM revision_tag) AS t4 
WHERE t4.revision_id = t3.revision_id AND t4.slug = ?), 0) = 0 AND t3.category_id = (SELECT t5.id 
FROM (SELECT own_path.path AS tree_path, publication.entry_id AS id 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t5 
WHERE t5.tree_path = ?) ORDER BY t3.published_at DESC, t3.id DESC
 LIMIT (? + 0) OFFSET ?) AS t2)) AS anon_1
