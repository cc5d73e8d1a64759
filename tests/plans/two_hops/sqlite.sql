SELECT json_object('entries', (SELECT json_object('nodes', json_group_array(json_object('title', t2.title, 'slug', t2.slug, 'category', (SELECT json_object('name', t3.title) AS anon_3 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t3 
WHERE t3.id = t2.category_id), 'links', (SELECT json_object('nodes', json_group_array(json_object('target', CASE WHEN (t5.target_edition_id IS NOT NULL) THEN json_object('title', t5.target_title, 'slug', t5.target_slug, 'category', (SELECT json_object('name', t6.title) AS anon_5 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t6 
WHERE t6.id = t5.target_category_id), 'links', (SELECT json_object('nodes', json_group_array(json_object('target', CASE WHEN (t8.target_edition_id IS NOT NULL) THEN json_object('title', t8.target_title, 'slug', t8.target_slug, 'category', (SELECT json_object('name', t9.title) AS anon_7 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t9 
WHERE t9.id = t8.target_category_id)) END))) AS anon_6 
FROM (SELECT t10.target_edition_id AS target_edition_id, t10.target_content_type AS target_content_type, t10.target_title AS target_title, t10.target_slug AS target_slug, t10.target_category_id AS target_category_id 
FROM (SELECT link.field_path AS field_path, link.ordinal AS ordinal, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, target.slug AS target_slug, target.category_id AS target_category_id, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t10 
WHERE t10.revision_id = t5.target_revision_id AND t10.origin != 'reference' ORDER BY t10.field_path ASC, t10.ordinal ASC
 LIMIT (? + 0) OFFSET ?) AS t8)) END))) AS anon_4 
FROM (SELECT t11.target_edition_id AS target_edition_id, t11.target_content_type AS target_content_type, t11.target_title AS target_title, t11.target_slug AS target_slug, t11.target_category_id AS target_category_id, t11.target_revision_id AS target_revision_id 
FROM (SELECT link.field_path AS field_path, link.ordinal AS ordinal, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, target.slug AS target_slug, target.category_id AS target_category_id, target.revision_id AS target_revision_id, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t11 
WHERE t11.revision_id = t2.revision_id AND t11.origin != 'reference' ORDER BY t11.field_path ASC, t11.ordinal ASC
 LIMIT (? + 0) OFFSET ?) AS t5)))) AS anon_2 
FROM (SELECT t12.content_type AS content_type, t12.title AS title, t12.slug AS slug, t12.category_id AS category_id, t12.revision_id AS revision_id 
FROM (SELECT publication.published_at AS published_at, publication.entry_id AS id, publication.content_type AS content_type, publication.title AS title, publication.slug AS slug, publication.category_id AS category_id, publication.revision_id AS revision_id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t12 
WHERE (t12.content_type NOT IN ('Category', 'Person')) AND t12.published_at <= ? AND t12.category_id = (SELECT t13.id 
FROM (SELECT own_path.path AS tree_path, publication.entry_id AS id 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t13 
WHERE t13.tree_path = ?) ORDER BY t12.published_at DESC, t12.id DESC
 LIMIT (? + 0) OFFSET ?) AS t2)) AS anon_1
