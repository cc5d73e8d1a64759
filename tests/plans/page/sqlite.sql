SELECT json_object('entry', (SELECT CASE WHEN (t1.content_type IN ('Article')) THEN json_object('__typename', t1.content_type, 'title', t1.title, 'publishedAt', t1.published_at, 'category', (SELECT json_object('name', t2.title, 'ancestors', (SELECT json_group_array(json_object('name', t3.title) order by t3.distance DESC) AS anon_4 
FROM (WITH RECURSIVE above(category_id, distance) AS 
(SELECT t2.id AS category_id, 0 AS distance UNION ALL SELECT upper.parent_id AS parent_id, above.distance + 1 AS anon_5 
FROM above JOIN category_place AS upper ON upper.category_id = above.category_id 
WHERE upper.ended_position IS NULL AND upper.parent_id IS NOT NULL AND above.distance < 50)
 SELECT publication.title AS title, above.distance AS distance 
FROM publication, above 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category' AND publication.entry_id = above.category_id) AS t3 
WHERE t3.distance > 0)) AS anon_3 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t2 
WHERE t2.id = t1.category_id), 'body', CASE WHEN (json_type(t1.rendered, '$."body"') is not null) THEN json_object('html', coalesce((t1.rendered ->> '$."body"."html"'), (SELECT group_concat(coalesce((t8.value ->> 'text'), (SELECT t9.path 
FROM (SELECT stands.path AS path, publication.entry_id AS id 
FROM publication LEFT OUTER JOIN address AS stands ON stands.edition_id = publication.edition_id AND stands.ended_position IS NULL 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t9 
WHERE t9.id = (t8.value ->> 'entry')) || (t8.value ->> 'suffix'), (t8.value ->> 'href')), '' order by t8.key) AS anon_6 
FROM json_each((t1.rendered -> '$."body"."segments"')) AS t8))) ELSE json('"\u0001missing"') END, 'sections', (SELECT json_group_array(json_object('heading', coalesce((t10.value -> '$."heading"'), json('"\u0001missing"')), 'anchor', (t10.value -> '$."anchor"')) order by t10.key ASC) AS anon_7 
FROM json_each((t1.rendered -> '$."sections"')) AS t10), 'byline', CASE WHEN (json_type(t1.rendered, '$."byline"') is not null) THEN json_object('name', coalesce((t1.rendered -> '$."byline"."name"'), json('"\u0001missing"'))) ELSE NULL END, 'linkGroups', (SELECT json_group_array(json_object('kind', CASE t4.kind WHEN 'step' THEN 'STEP' WHEN 'related' THEN 'RELATED' WHEN 'source' THEN 'SOURCE' WHEN 'remark' THEN 'REMARK' WHEN 'menu' THEN 'MENU' WHEN 'inline' THEN 'INLINE' ELSE CASE WHEN (t4.kind IS NOT NULL) THEN 'UNKNOWN' END END, 'label', t4.label, 'links', (SELECT json_group_array(json_object('label', t5.label, 'url', t5.url, 'target', CASE WHEN (t5.target_edition_id IS NOT NULL) THEN json_object('title', t5.target_title, 'path', t5.target_path) END) order by t5.field_path ASC, t5.ordinal ASC) AS anon_9 
FROM (SELECT coalesce(nullif(link.label, ''), target.title, link.url, '') AS label, coalesce(link.url, stands.path || CASE WHEN (link."query" != '') THEN '?' || link."query" ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, stands.path AS target_path, link.field_path AS field_path, link.ordinal AS ordinal, link.revision_id AS revision_id, link.kind AS kind, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t5 
WHERE t5.revision_id = t4.revision_id AND t5.kind = t4.kind AND t5.origin = 'field')) order by t4.rank ASC, t4.kind ASC) AS anon_8 
FROM (SELECT anon_10.kind AS kind, coalesce(((t1.content -> '$."headings"') ->> anon_10.kind), anon_10.kind) AS label, t1.revision_id AS revision_id, CASE WHEN (t1.content_type = 'Article' AND anon_10.kind = 'step') THEN '0000' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'related') THEN '0001' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'source') THEN '0002' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'remark') THEN '0003' WHEN (t1.content_type = 'Note' AND anon_10.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Snippet' AND anon_10.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Settings' AND anon_10.kind = 'menu') THEN '0000' ELSE anon_10.kind END AS rank 
FROM (SELECT DISTINCT anon_11.kind AS kind 
FROM (SELECT link.kind AS kind, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS anon_11 
WHERE anon_11.revision_id = t1.revision_id AND anon_11.origin = 'field') AS anon_10) AS t4), 'review', (SELECT json_object('reviewers', (SELECT json_group_array(json_object('name', t7.title) order by t7.title_key ASC, t7.id ASC) AS anon_13 
FROM (SELECT publication.title AS title, publication.title_key AS title_key, publication.entry_id AS id 
FROM publication, (SELECT DISTINCT signed_by.person_id AS person_id 
FROM (SELECT counted.person_id AS person_id 
FROM publication_sign_off AS counted 
WHERE counted.publication_id = t6.publication_id AND counted.ended_position IS NULL) AS signed_by) AS signer_of 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Person' AND publication.entry_id = signer_of.person_id) AS t7), 'signedAt', t6.signed_at) AS anon_12 
FROM (SELECT t1.publication_id AS publication_id, (SELECT max(signed.signed_at) AS max_1 
FROM publication_sign_off AS counted JOIN sign_off AS signed ON signed.id = counted.sign_off_id 
WHERE counted.publication_id = t1.publication_id AND counted.ended_position IS NULL) AS signed_at 
WHERE t1.reviewers IS NOT NULL) AS t6)) ELSE json_object('__typename', t1.content_type, 'title', t1.title, 'publishedAt', t1.published_at, 'category', (SELECT json_object('name', t2.title, 'ancestors', (SELECT json_group_array(json_object('name', t3.title) order by t3.distance DESC) AS anon_4 
FROM (WITH RECURSIVE above(category_id, distance) AS 
(SELECT t2.id AS category_id, 0 AS distance UNION ALL SELECT upper.parent_id AS parent_id, above.distance + 1 AS anon_5 
FROM above JOIN category_place AS upper ON upper.category_id = above.category_id 
WHERE upper.ended_position IS NULL AND upper.parent_id IS NOT NULL AND above.distance < 50)
 SELECT publication.title AS title, above.distance AS distance 
FROM publication, above 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category' AND publication.entry_id = above.category_id) AS t3 
WHERE t3.distance > 0)) AS anon_3 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t2 
WHERE t2.id = t1.category_id), 'linkGroups', (SELECT json_group_array(json_object('kind', CASE t4.kind WHEN 'step' THEN 'STEP' WHEN 'related' THEN 'RELATED' WHEN 'source' THEN 'SOURCE' WHEN 'remark' THEN 'REMARK' WHEN 'menu' THEN 'MENU' WHEN 'inline' THEN 'INLINE' ELSE CASE WHEN (t4.kind IS NOT NULL) THEN 'UNKNOWN' END END, 'label', t4.label, 'links', (SELECT json_group_array(json_object('label', t5.label, 'url', t5.url, 'target', CASE WHEN (t5.target_edition_id IS NOT NULL) THEN json_object('title', t5.target_title, 'path', t5.target_path) END) order by t5.field_path ASC, t5.ordinal ASC) AS anon_9 
FROM (SELECT coalesce(nullif(link.label, ''), target.title, link.url, '') AS label, coalesce(link.url, stands.path || CASE WHEN (link."query" != '') THEN '?' || link."query" ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, stands.path AS target_path, link.field_path AS field_path, link.ordinal AS ordinal, link.revision_id AS revision_id, link.kind AS kind, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t5 
WHERE t5.revision_id = t4.revision_id AND t5.kind = t4.kind AND t5.origin = 'field')) order by t4.rank ASC, t4.kind ASC) AS anon_8 
FROM (SELECT anon_10.kind AS kind, coalesce(((t1.content -> '$."headings"') ->> anon_10.kind), anon_10.kind) AS label, t1.revision_id AS revision_id, CASE WHEN (t1.content_type = 'Article' AND anon_10.kind = 'step') THEN '0000' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'related') THEN '0001' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'source') THEN '0002' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'remark') THEN '0003' WHEN (t1.content_type = 'Note' AND anon_10.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Snippet' AND anon_10.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Settings' AND anon_10.kind = 'menu') THEN '0000' ELSE anon_10.kind END AS rank 
FROM (SELECT DISTINCT anon_11.kind AS kind 
FROM (SELECT link.kind AS kind, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS anon_11 
WHERE anon_11.revision_id = t1.revision_id AND anon_11.origin = 'field') AS anon_10) AS t4), 'review', (SELECT json_object('reviewers', (SELECT json_group_array(json_object('name', t7.title) order by t7.title_key ASC, t7.id ASC) AS anon_13 
FROM (SELECT publication.title AS title, publication.title_key AS title_key, publication.entry_id AS id 
FROM publication, (SELECT DISTINCT signed_by.person_id AS person_id 
FROM (SELECT counted.person_id AS person_id 
FROM publication_sign_off AS counted 
WHERE counted.publication_id = t6.publication_id AND counted.ended_position IS NULL) AS signed_by) AS signer_of 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Person' AND publication.entry_id = signer_of.person_id) AS t7), 'signedAt', t6.signed_at) AS anon_12 
FROM (SELECT t1.publication_id AS publication_id, (SELECT max(signed.signed_at) AS max_1 
FROM publication_sign_off AS counted JOIN sign_off AS signed ON signed.id = counted.sign_off_id 
WHERE counted.publication_id = t1.publication_id AND counted.ended_position IS NULL) AS signed_at 
WHERE t1.reviewers IS NOT NULL) AS t6)) END AS anon_2 
FROM (SELECT publication.content_type AS content_type, publication.title AS title, publication.published_at AS published_at, publication.category_id AS category_id, publication.revision_id AS revision_id, revision.content AS content, publication.id AS publication_id, publication.reviewers AS reviewers, rendition.rendered AS rendered, stands.path AS path, publication.locale AS locale 
FROM publication JOIN revision ON revision.id = publication.revision_id LEFT OUTER JOIN address AS stands ON stands.edition_id = publication.edition_id AND stands.ended_position IS NULL JOIN rendition ON rendition.revision_id = publication.revision_id 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t1 
WHERE t1.path IN (?, ?) AND t1.locale = coalesce(?, t1.locale)), 'settings', (SELECT json_object('brand', coalesce((t11.rendered -> '$."brand"'), json('"\u0001missing"')), 'menu', (SELECT json_group_array(json_object('heading', (t12.value -> '$."heading"'), 'links', (SELECT json_group_array(json_object('label', t13.label, 'url', t13.url) order by t13.field_path ASC, t13.ordinal ASC) AS anon_16 
FROM (SELECT coalesce(nullif(link.label, ''), target.title, link.url, '') AS label, coalesce(link.url, stands.path || CASE WHEN (link."query" != '') THEN '?' || link."query" ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, link.field_path AS field_path, link.ordinal AS ordinal, link.revision_id AS revision_id 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t13 
WHERE t13.revision_id = t11.revision_id AND t13.field_path = ('' || 'menu' || '/' || CAST(t12.key AS TEXT) || '/' || 'links'))) order by t12.key ASC) AS anon_15 
FROM json_each((t11.rendered -> '$."menu"')) AS t12)) AS anon_14 
FROM (SELECT rendition.rendered AS rendered, publication.revision_id AS revision_id, publication.content_type AS content_type 
FROM publication JOIN rendition ON rendition.revision_id = publication.revision_id 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t11 
WHERE t11.content_type = 'Settings')) AS anon_1
