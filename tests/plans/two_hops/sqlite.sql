SELECT json_object('entries', (SELECT json_object('nodes', json_group_array(json_object('title', t1.title, 'slug', t1.slug, 'category', (SELECT json_object('name', t2.title) AS anon_3 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t2 
WHERE t2.id = t1.category_id), 'links', (SELECT json_object('nodes', json_group_array(json_object('target', CASE WHEN (t3.target_edition_id IS NOT NULL) THEN json_object('title', t3.target_title, 'slug', t3.target_slug, 'category', (SELECT json_object('name', t4.title) AS anon_5 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t4 
WHERE t4.id = t3.target_category_id), 'links', (SELECT json_object('nodes', json_group_array(json_object('target', CASE WHEN (t5.target_edition_id IS NOT NULL) THEN json_object('title', t5.target_title, 'slug', t5.target_slug, 'category', (SELECT json_object('name', t6.title) AS anon_7 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t6 
WHERE t6.id = t5.target_category_id)) END))) AS anon_6 
FROM (SELECT t7.target_edition_id AS target_edition_id, t7.target_content_type AS target_content_type, t7.target_title AS target_title, t7.target_slug AS target_slug, t7.target_category_id AS target_category_id 
FROM (SELECT link.field_path AS field_path, link.ordinal AS ordinal, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, target.slug AS target_slug, target.category_id AS target_category_id, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t7 
WHERE t7.revision_id = t3.target_revision_id AND t7.origin != 'reference' ORDER BY t7.field_path ASC, t7.ordinal ASC
 LIMIT (? + 0) OFFSET ?) AS t5)) END))) AS anon_4 
FROM (SELECT t8.target_edition_id AS target_edition_id, t8.target_content_type AS target_content_type, t8.target_title AS target_title, t8.target_slug AS target_slug, t8.target_category_id AS target_category_id, t8.target_revision_id AS target_revision_id 
FROM (SELECT link.field_path AS field_path, link.ordinal AS ordinal, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, target.slug AS target_slug, target.category_id AS target_category_id, target.revision_id AS target_revision_id, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t8 
WHERE t8.revision_id = t1.revision_id AND t8.origin != 'reference' ORDER BY t8.field_path ASC, t8.ordinal ASC
 LIMIT (? + 0) OFFSET ?) AS t3)))) AS anon_2 
FROM (SELECT t9.content_type AS content_type, t9.title AS title, t9.slug AS slug, t9.category_id AS category_id, t9.revision_id AS revision_id 
FROM (SELECT publication.published_at AS published_at, publication.entry_id AS id, publication.content_type AS content_type, publication.title AS title, publication.slug AS slug, publication.category_id AS category_id, publication.revision_id AS revision_id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND (publication.content_type NOT IN ('Category', 'Person'))) AS t9 
WHERE t9.published_at <= ? AND t9.category_id = (SELECT t10.id 
FROM (SELECT own_path.path AS tree_path, publication.entry_id AS id 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t10 
WHERE t10.tree_path = ?) ORDER BY t9.published_at DESC, t9.id DESC
 LIMIT (? + 0) OFFSET ?) AS t1)) AS anon_1
