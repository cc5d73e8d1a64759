SELECT json_object('entries', (SELECT json_object('nodes', json_group_array(json_object('title', t2.title, 'slug', t2.slug, 'category', (SELECT json_object('name', t3.title) AS anon_3 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t3 
WHERE t3.id = (SELECT t4.id 
FROM (SELECT own_path.path AS tree_path, publication.entry_id AS id 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t4 
WHERE t4.tree_path = ?)), 'links', (SELECT json_object('nodes', json_group_array(json_object('target', CASE WHEN (t6.target_edition_id IS NOT NULL) THEN json_object('title', t6.target_title, 'slug', t6.target_slug, 'category', (SELECT json_object('name', t7.title) AS anon_5 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t7 
WHERE t7.id = t6.target_category_id), 'links', (SELECT json_object('nodes', json_group_array(json_object('target', CASE WHEN (t9.target_edition_id IS NOT NULL) THEN json_object('title', t9.target_title, 'slug', t9.target_slug, 'category', (SELECT json_object('name', t10.title) AS anon_7 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t10 
WHERE t10.id = t9.target_category_id)) END))) AS anon_6 
FROM (SELECT t11.target_edition_id AS target_edition_id, t11.target_content_type AS target_content_type, t11.target_title AS target_title, t11.target_slug AS target_slug, t11.target_category_id AS target_category_id 
FROM (SELECT link.field_path AS field_path, link.ordinal AS ordinal, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, target.slug AS target_slug, target.category_id AS target_category_id, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t11 
WHERE t11.revision_id = t6.target_revision_id AND t11.origin != 'reference' ORDER BY t11.field_path ASC, t11.ordinal ASC
 LIMIT (? + 0) OFFSET ?) AS t9)) END))) AS anon_4 
FROM (SELECT t12.target_edition_id AS target_edition_id, t12.target_content_type AS target_content_type, t12.target_title AS target_title, t12.target_slug AS target_slug, t12.target_category_id AS target_category_id, t12.target_revision_id AS target_revision_id 
FROM (SELECT link.field_path AS field_path, link.ordinal AS ordinal, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, target.slug AS target_slug, target.category_id AS target_category_id, target.revision_id AS target_revision_id, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t12 
WHERE t12.revision_id = t2.revision_id AND t12.origin != 'reference' ORDER BY t12.field_path ASC, t12.ordinal ASC
 LIMIT (? + 0) OFFSET ?) AS t6)))) AS anon_2 
FROM (SELECT t13.content_type AS content_type, t13.title AS title, t13.slug AS slug, t13.revision_id AS revision_id 
FROM (SELECT publication.published_at AS published_at, publication.entry_id AS id, publication.content_type AS content_type, publication.title AS title, publication.slug AS slug, publication.revision_id AS revision_id, publication.category_id AS category_id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t13 
WHERE (t13.content_type NOT IN ('Category', 'Person')) AND t13.published_at <= ? AND t13.category_id = (SELECT t14.id 
FROM (SELECT own_path.path AS tree_path, publication.entry_id AS id 
FROM publication JOIN category_path AS own_path ON own_path.category_id = publication.entry_id AND own_path.locale = 'en' 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t14 
WHERE t14.tree_path = ?) ORDER BY t13.published_at DESC, t13.id DESC
 LIMIT (? + 0) OFFSET ?) AS t2)) AS anon_1
