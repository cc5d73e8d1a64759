SELECT json_build_object('entry', (SELECT CASE WHEN (t2.content_type IN ('Article')) THEN json_build_object('__typename', t2.content_type, 'title', t2.title, 'publishedAt', to_char(t2.published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'category', t2.shared_1, 'body', CASE WHEN ((t2.rendered #> '{"body"}') is not null) THEN json_build_object('html', coalesce(((t2.rendered #>> '{"body","html"}') collate "C"), (SELECT string_agg(coalesce(((t9.value ->> 'text') collate "C"), (SELECT t10.path 
FROM (SELECT stands.path AS path, publication.entry_id AS id 
FROM publication LEFT OUTER JOIN address AS stands ON stands.edition_id = publication.edition_id AND stands.ended_position IS NULL 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t10 
WHERE t10.id = ((t9.value ->> 'entry') collate "C")) || ((t9.value ->> 'suffix') collate "C"), ((t9.value ->> 'href') collate "C")), '' order by (t9.ordinality - 1)) AS anon_3 
FROM jsonb_array_elements((t2.rendered #> '{"body","segments"}')) with ordinality AS t9))) ELSE '"\u0001missing"'::json END, 'sections', (SELECT coalesce(json_agg(json_build_object('heading', coalesce((t11.value #> '{"heading"}'), '"\u0001missing"'::jsonb), 'anchor', (t11.value #> '{"anchor"}')) order by (t11.ordinality - 1) ASC), '[]'::json) AS anon_4 
FROM jsonb_array_elements((t2.rendered #> '{"sections"}')) with ordinality AS t11), 'byline', CASE WHEN ((t2.rendered #> '{"byline"}') is not null) THEN json_build_object('name', coalesce((t2.rendered #> '{"byline","name"}'), '"\u0001missing"'::jsonb)) ELSE NULL END, 'linkGroups', t2.shared_2, 'review', t2.shared_3) ELSE json_build_object('__typename', t2.content_type, 'title', t2.title, 'publishedAt', to_char(t2.published_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'category', t2.shared_1, 'linkGroups', t2.shared_2, 'review', t2.shared_3) END AS anon_2 
FROM (SELECT (SELECT json_build_object('name', t3.title, 'ancestors', (SELECT coalesce(json_agg(json_build_object('name', t4.title) order by t4.distance DESC), '[]'::json) AS anon_6 
FROM (WITH RECURSIVE above(category_id, distance) AS 
(SELECT t3.id AS category_id, 0 AS distance UNION ALL SELECT upper.parent_id AS parent_id, above.distance + 1 AS anon_7 
FROM above JOIN category_place AS upper ON upper.category_id = above.category_id 
WHERE upper.ended_position IS NULL AND upper.parent_id IS NOT NULL AND above.distance < 50)
 SELECT publication.title AS title, above.distance AS distance 
FROM publication, above 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category' AND publication.entry_id = above.category_id) AS t4 
WHERE t4.distance > 0)) AS anon_5 
FROM (SELECT publication.title AS title, publication.entry_id AS id 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Category') AS t3 
WHERE t3.id = t1.category_id) AS shared_1, (SELECT coalesce(json_agg(json_build_object('kind', CASE t5.kind WHEN 'step' THEN 'STEP' WHEN 'related' THEN 'RELATED' WHEN 'source' THEN 'SOURCE' WHEN 'remark' THEN 'REMARK' WHEN 'menu' THEN 'MENU' WHEN 'inline' THEN 'INLINE' ELSE CASE WHEN (t5.kind IS NOT NULL) THEN 'UNKNOWN' END END, 'label', t5.label, 'links', (SELECT coalesce(json_agg(json_build_object('label', t6.label, 'url', t6.url, 'target', CASE WHEN (t6.target_edition_id IS NOT NULL) THEN json_build_object('title', t6.target_title, 'path', t6.target_path) END) order by t6.field_path ASC, t6.ordinal ASC), '[]'::json) AS anon_9 
FROM (SELECT coalesce(nullif(link.label, ''), target.title, link.url, '') AS label, coalesce(link.url, stands.path || CASE WHEN (link.query != '') THEN '?' || link.query ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, target.edition_id AS target_edition_id, target.content_type AS target_content_type, target.title AS target_title, stands.path AS target_path, link.field_path AS field_path, link.ordinal AS ordinal, link.revision_id AS revision_id, link.kind AS kind, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t6 
WHERE t6.revision_id = t5.revision_id AND t6.kind = t5.kind AND t6.origin = 'field')) order by t5.rank ASC, t5.kind ASC), '[]'::json) AS anon_8 
FROM (SELECT anon_10.kind AS kind, coalesce((((t1.content #> '{"headings"}') ->> anon_10.kind) collate "C"), anon_10.kind) AS label, t1.revision_id AS revision_id, CASE WHEN (t1.content_type = 'Article' AND anon_10.kind = 'step') THEN '0000' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'related') THEN '0001' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'source') THEN '0002' WHEN (t1.content_type = 'Article' AND anon_10.kind = 'remark') THEN '0003' WHEN (t1.content_type = 'Note' AND anon_10.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Snippet' AND anon_10.kind = 'related') THEN '0000' WHEN (t1.content_type = 'Settings' AND anon_10.kind = 'menu') THEN '0000' ELSE anon_10.kind END AS rank 
FROM (SELECT DISTINCT anon_11.kind AS kind 
FROM (SELECT link.kind AS kind, link.revision_id AS revision_id, link.origin AS origin 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS anon_11 
WHERE anon_11.revision_id = t1.revision_id AND anon_11.origin = 'field') AS anon_10) AS t5) AS shared_2, (SELECT json_build_object('reviewers', (SELECT coalesce(json_agg(json_build_object('name', t8.title) order by t8.title_key ASC, t8.id ASC), '[]'::json) AS anon_13 
FROM (SELECT publication.title AS title, publication.title_key AS title_key, publication.entry_id AS id 
FROM publication, (SELECT DISTINCT signed_by.person_id AS person_id 
FROM (SELECT counted.person_id AS person_id 
FROM publication_sign_off AS counted 
WHERE counted.publication_id = t7.publication_id AND counted.ended_position IS NULL) AS signed_by) AS signer_of 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.content_type = 'Person' AND publication.entry_id = signer_of.person_id) AS t8), 'signedAt', to_char(t7.signed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) AS anon_12 
FROM (SELECT t1.publication_id AS publication_id, (SELECT max(signed.signed_at) AS max_1 
FROM publication_sign_off AS counted JOIN sign_off AS signed ON signed.id = counted.sign_off_id 
WHERE counted.publication_id = t1.publication_id AND counted.ended_position IS NULL) AS signed_at 
WHERE t1.reviewers IS NOT NULL) AS t7) AS shared_3, t1.content_type AS content_type, t1.title AS title, t1.published_at AS published_at, (t1.rendered #> '{}') AS rendered, t1.revision_id AS revision_id 
FROM (SELECT publication.category_id AS category_id, publication.revision_id AS revision_id, revision.content AS content, publication.content_type AS content_type, publication.id AS publication_id, publication.reviewers AS reviewers, publication.title AS title, publication.published_at AS published_at, rendition.rendered AS rendered, stands.path AS path, publication.locale AS locale 
FROM publication JOIN revision ON revision.id = publication.revision_id LEFT OUTER JOIN address AS stands ON stands.edition_id = publication.edition_id AND stands.ended_position IS NULL JOIN rendition ON rendition.revision_id = publication.revision_id 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t1 
WHERE t1.path IN ($1::VARCHAR COLLATE "C", $2::VARCHAR COLLATE "C") AND t1.locale = coalesce($3::VARCHAR COLLATE "C", t1.locale) offset 0 ) AS t2), 'settings', (SELECT json_build_object('brand', coalesce((t12.rendered #> '{"brand"}'), '"\u0001missing"'::jsonb), 'menu', (SELECT coalesce(json_agg(json_build_object('heading', (t13.value #> '{"heading"}'), 'links', (SELECT coalesce(json_agg(json_build_object('label', t14.label, 'url', t14.url) order by t14.field_path ASC, t14.ordinal ASC), '[]'::json) AS anon_16 
FROM (SELECT coalesce(nullif(link.label, ''), target.title, link.url, '') AS label, coalesce(link.url, stands.path || CASE WHEN (link.query != '') THEN '?' || link.query ELSE '' END || CASE WHEN (link.fragment != '') THEN '#' || link.fragment ELSE '' END) AS url, link.field_path AS field_path, link.ordinal AS ordinal, link.revision_id AS revision_id 
FROM link LEFT OUTER JOIN publication AS target ON target.entry_id = link.target_id AND target.ended_position IS NULL AND target.locale = 'en' LEFT OUTER JOIN address AS stands ON stands.edition_id = target.edition_id AND stands.ended_position IS NULL 
WHERE link.url IS NOT NULL OR target.entry_id IS NOT NULL) AS t14 
WHERE t14.revision_id = t12.revision_id AND t14.field_path = ('' || 'menu' || '/' || CAST((t13.ordinality - 1) AS TEXT) || '/' || 'links'))) order by (t13.ordinality - 1) ASC), '[]'::json) AS anon_15 
FROM jsonb_array_elements((t12.rendered #> '{"menu"}')) with ordinality AS t13)) AS anon_14 
FROM (SELECT rendition.rendered AS rendered, publication.revision_id AS revision_id, publication.content_type AS content_type 
FROM publication JOIN rendition ON rendition.revision_id = publication.revision_id 
WHERE publication.ended_position IS NULL AND publication.locale = 'en') AS t12 
WHERE t12.content_type = 'Settings')) AS anon_1
