SELECT json_object('entry', (SELECT CASE WHEN (t1.content_type IN ('Article')) THEN json_object('__typename', t1.content_type, 'title', t1.title, 'publishedAt', t1.published_at, 'category', (SELECT json_object('name', t9.title, 'ancestors', (SELECT json_group_array(json_object('name', t10.title) order by t10.distance DESC) AS anon_4 
FROM (WITH RECURSIVE above(category_id, distance) AS 
(SELECT t9.id AS category_id, 0 AS distance UNION ALL SELECT upper.parent_id AS parent_id, above.distance + 1 AS anon_5 
FROM above JOIN category_place AS upper ON upper.category_id = above.category_id 
WHERE upper.ended_position IS NULL AND upper.parent_id IS NOT NULL AND above.distance < 50)
 SELECT publication.title AS title, above.distance AS distance 
FROM publication, above 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category' AND publication.entry_id = above.category_id) AS t10 
WHERE t10.distance > 0)) AS anon_3 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t9 
WHERE t9.id = t1.category_id), 'body', CASE WHEN (t1.rendered -> 'body' IS NOT NULL) THEN json_object('html', coalesce((t1.rendered -> 'body' ->> 'html'), (SELECT group_concat(coalesce((t11.value ->> 'text'), (SELECT t12.path 
FROM (SELECT stands.path AS path, publication.entry_id AS id 
FROM publication LEFT OUTER JOIN address AS stands ON stands.edition_id = publication.edition_id AND stands.ended_position IS NULL 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t12 
WHERE t12.id = (t11.value ->> 'entry')) || (t11.value ->> 'suffix'), (t11.value ->> 'href')), '' order by t11.key) AS anon_6 
FROM json_each((t1.rendered -> 'body') -> 'segments') AS t11))) ELSE json('"\u0001missing"') END, 'sections', (SELECT json_group_array(json_object('heading', coalesce(t13.value -> 'heading', json('"\u0001missing"')), 'anchor', t13.value -> 'anchor') order by t13.key ASC) AS anon_7 
FROM json_each(t1.rendered -> 'sections') AS t13), 'byline', CASE WHEN (t1.rendered -> 'byline' IS NOT NULL) THEN json_object('name', coalesce((t1.rendered -> 'byline') -> 'name', json('"\u0001missing"'))) ELSE NULL END, 'linkGroups', (SELECT json_group_array(json_object('kind', CASE t14.kind WHEN 'step' THEN 'STEP' WHEN 'related' THEN 'RELATED' WHEN 'source' THEN 'SOURCE' WHEN 'remark' THEN 'REMARK' WHEN 'menu' THEN 'MENU' WHEN 'inline' THEN 'INLINE' ELSE CASE WHEN (t14.kind IS NOT NULL) THEN 'UNKNOWN' END END, 'label', t14.label, 'links', (SELECT json_group_array(json_object('label', t15.label, 'url', t15.url, 'target', (SELECT json_object('title', t16.title, 'path', t16.path) AS anon_10 
FROM (SELECT publication.content_type AS content_type, publication.title AS title, stands.path AS path, publication.entry_id AS id 
FROM publication LEFT OUTER JOIN address AS stands ON stands.edition_id = publication.edition_id AND stands.ended_position IS NULL 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t16 
WHERE t16.id = t15.target_id)) order by t15.field_path ASC, t15.ordinal ASC) AS anon_9 
FROM (SELECT coalesce(nullif(link.label, ''), target.title, link.url, '') AS label, coalesce(link.url, stands.path || CASE WHEN (link."query" != '') THEN '?' || link."query" ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, link.target_id AS target_id, link.field_path AS field_path, link.ordinal AS ordinal, link.revision_id AS revision_id, link.kind AS kind, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.id IS NOT NULL) AS t15 
WHERE t15.revision_id = t14.revision_id AND t15.kind = t14.kind AND t15.origin = 'field')) order by t14.rank ASC, t14.kind ASC) AS anon_8 
FROM (SELECT anon_11.kind AS kind, coalesce((t1.content -> 'headings' ->> anon_11.kind), anon_11.kind) AS label, t1.revision_id AS revision_id, CASE WHEN (t1.content_type = 'Article' AND anon_11.kind = 'step') THEN '0000' WHEN (t1.content_type = 'Article' AND anon_11.kind = 'related') THEN '0001' WHEN (t1.content_type = 'Article' AND anon_11.kind = 'source') THEN '0002' WHEN (t1.content_type = 'Article' AND anon_11.kind = 'remark') THEN '0003' WHEN (t1.content_type = 'Note' AND anon_11.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Snippet' AND anon_11.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Settings' AND anon_11.kind = 'menu') THEN '0000' ELSE anon_11.kind END AS rank 
FROM (SELECT DISTINCT anon_12.kind AS kind 
FROM (SELECT link.revision_id AS revision_id, link.field_path AS field_path, link.ordinal AS ordinal, link.origin AS origin, link.kind AS kind, link.note AS note, link.target_id AS target_id, coalesce(link.url, stands.path || CASE WHEN (link."query" != '') THEN '?' || link."query" ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, coalesce(nullif(link.label, ''), target.title, link.url, '') AS label 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.id IS NOT NULL) AS anon_12 
WHERE anon_12.revision_id = t1.revision_id AND anon_12.origin = 'field') AS anon_11) AS t14), 'review', (SELECT json_object('reviewers', (SELECT json_group_array(json_object('name', t18.title) order by t18.title_key ASC, t18.id ASC) AS anon_14 
FROM (SELECT publication.title AS title, publication.title_key AS title_key, publication.entry_id AS id 
FROM publication, (SELECT DISTINCT signed_by.person_id AS person_id 
FROM (SELECT signed.expires_at AS expires_at, signed.id AS id, signed.person_id AS person_id, signed.signed_at AS signed_at, signed.stage AS stage 
FROM publication_sign_off AS counted JOIN publication AS reviewed ON reviewed.id = counted.publication_id JOIN sign_off AS signed ON signed.id = counted.sign_off_id 
WHERE reviewed.id = t17.publication_id AND counted.ended_position IS NULL AND (reviewed.basis = 'signed_off' OR (EXISTS (SELECT 1 
FROM publication_sign_off AS completing 
WHERE completing.publication_id = reviewed.id AND completing.ended_position IS NULL AND NOT (EXISTS (SELECT 1 
FROM publication_stage AS complete_stage 
WHERE complete_stage.publication_id = completing.publication_id AND (SELECT count(DISTINCT complete_sign_off.person_id) AS count_1 
FROM publication_sign_off AS complete_count JOIN sign_off AS complete_sign_off ON complete_sign_off.id = complete_count.sign_off_id 
WHERE complete_count.publication_id = complete_stage.publication_id AND complete_sign_off.stage = complete_stage.name AND complete_count.ended_position IS NULL AND complete_count.counted_at <= completing.counted_at AND complete_sign_off.expires_at > completing.counted_at) < complete_stage.approvals)))))) AS signed_by) AS signer_of 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Person' AND publication.entry_id = signer_of.person_id) AS t18), 'signedAt', t17.signed_at) AS anon_13 
FROM (SELECT t1.publication_id AS publication_id, max(signed.signed_at) AS signed_at 
FROM publication_sign_off AS counted JOIN publication AS reviewed ON reviewed.id = counted.publication_id JOIN sign_off AS signed ON signed.id = counted.sign_off_id 
WHERE reviewed.id = t1.publication_id AND counted.ended_position IS NULL AND (reviewed.basis = 'signed_off' OR (EXISTS (SELECT 1 
FROM publication_sign_off AS completing 
WHERE completing.publication_id = reviewed.id AND completing.ended_position IS NULL AND NOT (EXISTS (SELECT 1 
FROM publication_stage AS complete_stage 
WHERE complete_stage.publication_id = completing.publication_id AND (SELECT count(DISTINCT complete_sign_off.person_id) AS count_2 
FROM publication_sign_off AS complete_count JOIN sign_off AS complete_sign_off ON complete_sign_off.id = complete_count.sign_off_id 
WHERE complete_count.publication_id = complete_stage.publication_id AND complete_sign_off.stage = complete_stage.name AND complete_count.ended_position IS NULL AND complete_count.counted_at <= completing.counted_at AND complete_sign_off.expires_at > completing.counted_at) < complete_stage.approvals))))) GROUP BY reviewed.id) AS t17)) ELSE json_object('__typename', t1.content_type, 'title', t1.title, 'publishedAt', t1.published_at, 'category', (SELECT json_object('name', t2.title, 'ancestors', (SELECT json_group_array(json_object('name', t3.title) order by t3.distance DESC) AS anon_16 
FROM (WITH RECURSIVE above(category_id, distance) AS 
(SELECT t2.id AS category_id, 0 AS distance UNION ALL SELECT upper.parent_id AS parent_id, above.distance + 1 AS anon_17 
FROM above JOIN category_place AS upper ON upper.category_id = above.category_id 
WHERE upper.ended_position IS NULL AND upper.parent_id IS NOT NULL AND above.distance < 50)
 SELECT publication.title AS title, above.distance AS distance 
FROM publication, above 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category' AND publication.entry_id = above.category_id) AS t3 
WHERE t3.distance > 0)) AS anon_15 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t2 
WHERE t2.id = t1.category_id), 'linkGroups', (SELECT json_group_array(json_object('kind', CASE t4.kind WHEN 'step' THEN 'STEP' WHEN 'related' THEN 'RELATED' WHEN 'source' THEN 'SOURCE' WHEN 'remark' THEN 'REMARK' WHEN 'menu' THEN 'MENU' WHEN 'inline' THEN 'INLINE' ELSE CASE WHEN (t4.kind IS NOT NULL) THEN 'UNKNOWN' END END, 'label', t4.label, 'links', (SELECT json_group_array(json_object('label', t5.label, 'url', t5.url, 'target', (SELECT json_object('title', t6.title, 'path', t6.path) AS anon_20 
FROM (SELECT publication.content_type AS content_type, publication.title AS title, stands.path AS path, publication.entry_id AS id 
FROM publication LEFT OUTER JOIN address AS stands ON stands.edition_id = publication.edition_id AND stands.ended_position IS NULL 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t6 
WHERE t6.id = t5.target_id)) order by t5.field_path ASC, t5.ordinal ASC) AS anon_19 
FROM (SELECT coalesce(nullif(link.label, ''), target.title, link.url, '') AS label, coalesce(link.url, stands.path || CASE WHEN (link."query" != '') THEN '?' || link."query" ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, link.target_id AS target_id, link.field_path AS field_path, link.ordinal AS ordinal, link.revision_id AS revision_id, link.kind AS kind, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.id IS NOT NULL) AS t5 
WHERE t5.revision_id = t4.revision_id AND t5.kind = t4.kind AND t5.origin = 'field')) order by t4.rank ASC, t4.kind ASC) AS anon_18 
FROM (SELECT anon_21.kind AS kind, coalesce((t1.content -> 'headings' ->> anon_21.kind), anon_21.kind) AS label, t1.revision_id AS revision_id, CASE WHEN (t1.content_type = 'Article' AND anon_21.kind = 'step') THEN '0000' WHEN (t1.content_type = 'Article' AND anon_21.kind = 'related') THEN '0001' WHEN (t1.content_type = 'Article' AND anon_21.kind = 'source') THEN '0002' WHEN (t1.content_type = 'Article' AND anon_21.kind = 'remark') THEN '0003' WHEN (t1.content_type = 'Note' AND anon_21.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Snippet' AND anon_21.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Settings' AND anon_21.kind = 'menu') THEN '0000' ELSE anon_21.kind END AS rank 
FROM (SELECT DISTINCT anon_22.kind AS kind 
FROM (SELECT link.revision_id AS revision_id, link.field_path AS field_path, link.ordinal AS ordinal, link.origin AS origin, link.kind AS kind, link.note AS note, link.target_id AS target_id, coalesce(link.url, stands.path || CASE WHEN (link."query" != '') THEN '?' || link."query" ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, coalesce(nullif(link.label, ''), target.title, link.url, '') AS label 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.id IS NOT NULL) AS anon_22 
WHERE anon_22.revision_id = t1.revision_id AND anon_22.origin = 'field') AS anon_21) AS t4), 'review', (SELECT json_object('reviewers', (SELECT json_group_array(json_object('name', t8.title) order by t8.title_key ASC, t8.id ASC) AS anon_24 
FROM (SELECT publication.title AS title, publication.title_key AS title_key, publication.entry_id AS id 
FROM publication, (SELECT DISTINCT signed_by.person_id AS person_id 
FROM (SELECT signed.expires_at AS expires_at, signed.id AS id, signed.person_id AS person_id, signed.signed_at AS signed_at, signed.stage AS stage 
FROM publication_sign_off AS counted JOIN publication AS reviewed ON reviewed.id = counted.publication_id JOIN sign_off AS signed ON signed.id = counted.sign_off_id 
WHERE reviewed.id = t7.publication_id AND counted.ended_position IS NULL AND (reviewed.basis = 'signed_off' OR (EXISTS (SELECT 1 
FROM publication_sign_off AS completing 
WHERE completing.publication_id = reviewed.id AND completing.ended_position IS NULL AND NOT (EXISTS (SELECT 1 
FROM publication_stage AS complete_stage 
WHERE complete_stage.publication_id = completing.publication_id AND (SELECT count(DISTINCT complete_sign_off.person_id) AS count_3 
FROM publication_sign_off AS complete_count JOIN sign_off AS complete_sign_off ON complete_sign_off.id = complete_count.sign_off_id 
WHERE complete_count.publication_id = complete_stage.publication_id AND complete_sign_off.stage = complete_stage.name AND complete_count.ended_position IS NULL AND complete_count.counted_at <= completing.counted_at AND complete_sign_off.expires_at > completing.counted_at) < complete_stage.approvals)))))) AS signed_by) AS signer_of 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Person' AND publication.entry_id = signer_of.person_id) AS t8), 'signedAt', t7.signed_at) AS anon_23 
FROM (SELECT t1.publication_id AS publication_id, max(signed.signed_at) AS signed_at 
FROM publication_sign_off AS counted JOIN publication AS reviewed ON reviewed.id = counted.publication_id JOIN sign_off AS signed ON signed.id = counted.sign_off_id 
WHERE reviewed.id = t1.publication_id AND counted.ended_position IS NULL AND (reviewed.basis = 'signed_off' OR (EXISTS (SELECT 1 
FROM publication_sign_off AS completing 
WHERE completing.publication_id = reviewed.id AND completing.ended_position IS NULL AND NOT (EXISTS (SELECT 1 
FROM publication_stage AS complete_stage 
WHERE complete_stage.publication_id = completing.publication_id AND (SELECT count(DISTINCT complete_sign_off.person_id) AS count_4 
FROM publication_sign_off AS complete_count JOIN sign_off AS complete_sign_off ON complete_sign_off.id = complete_count.sign_off_id 
WHERE complete_count.publication_id = complete_stage.publication_id AND complete_sign_off.stage = complete_stage.name AND complete_count.ended_position IS NULL AND complete_count.counted_at <= completing.counted_at AND complete_sign_off.expires_at > completing.counted_at) < complete_stage.approvals))))) GROUP BY reviewed.id) AS t7)) END AS anon_2 
FROM (SELECT publication.content_type AS content_type, publication.title AS title, publication.published_at AS published_at, publication.category_id AS category_id, publication.revision_id AS revision_id, revision.content AS content, publication.id AS publication_id, publication.edition_id AS edition_id, revision.number AS number, revision.digest AS digest, rendition.rendered AS rendered, stands.path AS path, publication.locale AS locale 
FROM publication JOIN revision ON revision.id = publication.revision_id LEFT OUTER JOIN address AS stands ON stands.edition_id = publication.edition_id AND stands.ended_position IS NULL JOIN rendition ON rendition.revision_id = publication.revision_id 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t1 
WHERE t1.path IN (?, ?) AND t1.locale = coalesce(?, t1.locale)), 'settings', (SELECT json_object('brand', coalesce(t19.rendered -> 'brand', json('"\u0001missing"')), 'menu', (SELECT json_group_array(json_object('heading', t20.value -> 'heading', 'links', (SELECT json_group_array(json_object('label', t21.label, 'url', t21.url) order by t21.field_path ASC, t21.ordinal ASC) AS anon_27 
FROM (SELECT coalesce(nullif(link.label, ''), target.title, link.url, '') AS label, coalesce(link.url, stands.path || CASE WHEN (link."query" != '') THEN '?' || link."query" ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, link.field_path AS field_path, link.ordinal AS ordinal, link.revision_id AS revision_id 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.id IS NOT NULL) AS t21 
WHERE t21.revision_id = t19.revision_id AND t21.field_path = ('' || 'menu' || '/' || CAST(t20.key AS TEXT) || '/' || 'links'))) order by t20.key ASC) AS anon_26 
FROM json_each(t19.rendered -> 'menu') AS t20)) AS anon_25 
FROM (SELECT rendition.rendered AS rendered, publication.revision_id AS revision_id, publication.content_type AS content_type 
FROM publication JOIN rendition ON rendition.revision_id = publication.revision_id 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t19 
WHERE t19.content_type = 'Settings')) AS anon_1
