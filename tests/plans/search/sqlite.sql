SELECT json_object('articles', (SELECT json_object('totalCount', (SELECT count(*) AS count_1 
FROM (SELECT publication.content_type AS content_type 
FROM publication, (
 select d.revision_id as revision_id
 from search_index as f join search_document as d on d.id = f.rowid
 where f.search_index match (jsonb(?) -> 0 ->> 'match')
) AS hit 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.revision_id = hit.revision_id) AS t3 
WHERE t3.content_type = 'Article'), 'edges', json_group_array(json_object('cursor', lower(hex(json_array('', t2.points, t2.published_at, t2.id))), 'rank', CAST(t2.points AS DOUBLE) / (1000000 + 0.0), 'highlight', json_object('body', (
 select coalesce(
  case when max(w.first) > 0 then '…' else '' end
  || rtrim(string_agg(
   case when w.reach > w.place then '<mark>' || w.word || '</mark>' else w.word end || w.gap,
   '' order by w.place))
  || case when max(w.total) > max(w.first) + 30 then '…' else '' end,
  '')
 from (
  select n.place, n.word, n.gap, n.reach, n.total, first_value(
   case when n.hits > 0 and n.place > 4 then n.place - 4 else 0 end)
   over (order by n.hits = 0, n.near desc, n.place) as first
  from (
   select h.place, h.word, h.gap, h.hits, h.total,
    max(h.place + h.size) over (
     order by h.place rows between 15 preceding and current row) as reach,
    sum(h.hits) over (
     order by h.place rows between current row and 25 following) as near
   from (
    select b.place, b.word, b.gap, b.hits, b.total, case when b.hits > 0 then (
     select max(cast(s.value ->> 'size' as integer)) from json_each(t2.sought) as s
     where substr(b.ahead, 1, length(s.value ->> 'text')) = s.value ->> 'text') else 0 end as size
    from (
     select a.place, a.word, a.gap, a.ahead, count(*) over () as total, (
      select count(*) from json_each(t2.sought) as s
      where substr(a.ahead, 1, length(s.value ->> 'text')) = s.value ->> 'text') as hits
     from (
      select p.place, p.word, p.gap, string_agg(p.folded, ' ') over (
       order by p.place rows between current row and 15 following) || ' ' as ahead
      from (
  select p.key as place, p.value ->> 0 as word, coalesce(p.value ->> 1, ' ') as gap,
   coalesce(p.value ->> 2, p.value ->> 0) as folded
  from json_each(t2.shown -> 'body') as p) as p
     ) as a
    ) as b
   ) as h
  ) as n
 ) as w
 where w.place >= w.first and w.place < w.first + 30
)), 'node', json_object('title', t2.title)))) AS anon_2 
FROM (WITH anon_3 AS MATERIALIZED 
(SELECT "match".revision_id AS revision_id 
FROM (
 select d.revision_id as revision_id
 from search_index as f join search_document as d on d.id = f.rowid
 where f.search_index match (jsonb(?) -> 0 ->> 'match')
) AS "match"
 LIMIT 2000 OFFSET ?)
 SELECT anon_4.points AS points, anon_4.published_at AS published_at, anon_4.id AS id, anon_4.shown AS shown, anon_4.sought AS sought, anon_4.title AS title 
FROM (WITH anon_5 AS MATERIALIZED 
(SELECT anon_6.points AS points, anon_6.published_at AS published_at, anon_6.id AS id, anon_6.shown AS shown, anon_6.sought AS sought, anon_6.title AS title, anon_6.key_0 AS key_0, anon_6.key_1 AS key_1, anon_6.key_2 AS key_2 
FROM (SELECT anon_7.points AS points, anon_7.published_at AS published_at, anon_7.id AS id, anon_7.shown AS shown, anon_7.sought AS sought, anon_7.title AS title, anon_7.key_0 AS key_0, anon_7.key_1 AS key_1, anon_7.key_2 AS key_2 
FROM (SELECT t4.points AS points, t4.published_at AS published_at, t4.id AS id, t4.shown AS shown, t4.sought AS sought, t4.title AS title, t4.points AS key_0, t4.published_at AS key_1, t4.id AS key_2 
FROM (SELECT hit.points AS points, publication.published_at AS published_at, publication.entry_id AS id, (SELECT shown_document.shown 
FROM search_document AS shown_document 
WHERE shown_document.revision_id = publication.revision_id) AS shown, jsonb(?) AS sought, publication.title AS title, publication.content_type AS content_type, publication.revision_id AS revision_id 
FROM publication, (
 select d.revision_id as revision_id, h.points + h.title_points / d.title_words as points
 from (
  select f.rowid as id, sum(l.value ->> 'points') as points, sum(l.value ->> 'titlePoints') as title_points
  from json_each((case when (SELECT count(*) AS count_2 
FROM anon_3) < 2000 then jsonb(?) else '[]' end)) as l cross join search_index as f
  where l.key >= 0 and f.search_index match (l.value ->> 'match')
  group by f.rowid
 ) as h cross join search_document as d
 where d.id = h.id
 limit -1
) AS hit 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.revision_id = hit.revision_id) AS t4 
WHERE t4.content_type = 'Article' AND (t4.points, t4.published_at, t4.id) < (?, ?, ?) AND (t4.revision_id in (SELECT anon_3.revision_id 
FROM anon_3 
WHERE (SELECT count(*) AS count_3 
FROM anon_3) < 2000)) ORDER BY t4.points DESC, t4.published_at DESC, t4.id DESC
 LIMIT (? + 0) OFFSET ?) AS anon_7 UNION ALL SELECT anon_8.points AS points, anon_8.published_at AS published_at, anon_8.id AS id, anon_8.shown AS shown, anon_8.sought AS sought, anon_8.title AS title, anon_8.key_0 AS key_0, anon_8.key_1 AS key_1, anon_8.key_2 AS key_2 
FROM (SELECT t5.points AS points, t5.published_at AS published_at, t5.id AS id, t5.shown AS shown, t5.sought AS sought, t5.title AS title, t5.points AS key_0, t5.published_at AS key_1, t5.id AS key_2 
FROM (SELECT hit.points AS points, publication.published_at AS published_at, publication.entry_id AS id, (SELECT shown_document.shown 
FROM search_document AS shown_document 
WHERE shown_document.revision_id = publication.revision_id) AS shown, jsonb(?) AS sought, publication.title AS title, publication.content_type AS content_type 
FROM publication, (
 select d.revision_id as revision_id, h.points + h.title_points / d.title_words as points
 from (
  select f.rowid as id, ((case when (SELECT count(*) AS count_2 
FROM anon_3) >= 2000 then jsonb(?) else '[]' end) -> 0 ->> 'points') + sum(l.value ->> 'points') as points, sum(l.value ->> 'titlePoints') as title_points
  from json_each((case when (SELECT count(*) AS count_2 
FROM anon_3) >= 2000 then jsonb(?) else '[]' end)) as l cross join search_index as f
  where l.key >= 1 and f.search_index match (l.value ->> 'match')
  group by f.rowid
 ) as h cross join search_document as d
 where d.id = h.id
 limit -1
) AS hit 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND publication.revision_id = hit.revision_id) AS t5 
WHERE t5.content_type = 'Article' AND (t5.points, t5.published_at, t5.id) < (?, ?, ?) AND (t5.points >= case when (SELECT count(*) AS count_4 
FROM anon_3) >= 2000 then -9e999 end) ORDER BY t5.points DESC, t5.published_at DESC, t5.id DESC
 LIMIT (? + 0) OFFSET ?) AS anon_8) AS anon_6)
 SELECT anon_9.points AS points, anon_9.published_at AS published_at, anon_9.id AS id, anon_9.shown AS shown, anon_9.sought AS sought, anon_9.title AS title, anon_9.key_0 AS key_0, anon_9.key_1 AS key_1, anon_9.key_2 AS key_2 
FROM (SELECT anon_10.points AS points, anon_10.published_at AS published_at, anon_10.id AS id, anon_10.shown AS shown, anon_10.sought AS sought, anon_10.title AS title, anon_10.key_0 AS key_0, anon_10.key_1 AS key_1, anon_10.key_2 AS key_2 
FROM (SELECT anon_5.points AS points, anon_5.published_at AS published_at, anon_5.id AS id, anon_5.shown AS shown, anon_5.sought AS sought, anon_5.title AS title, anon_5.key_0 AS key_0, anon_5.key_1 AS key_1, anon_5.key_2 AS key_2 
FROM anon_5) AS anon_10 UNION ALL SELECT anon_11.points AS points, anon_11.published_at AS published_at, anon_11.id AS id, anon_11.shown AS shown, anon_11.sought AS sought, anon_11.title AS title, anon_11.key_0 AS key_0, anon_11.key_1 AS key_1, anon_11.key_2 AS key_2 
FROM (SELECT t6.points AS points, t6.published_at AS published_at, t6.id AS id, t6.shown AS shown, t6.sought AS sought, t6.title AS title, t6.points AS key_0, t6.published_at AS key_1, t6.id AS key_2 
FROM (SELECT (jsonb(?) -> 0 ->> 'points') AS points, publication.published_at AS published_at, publication.entry_id AS id, (SELECT shown_document.shown 
FROM search_document AS shown_document 
WHERE shown_document.revision_id = publication.revision_id) AS shown, jsonb(?) AS sought, publication.title AS title, publication.content_type AS content_type 
FROM publication 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND ((select d.id from search_document as d where d.revision_id = publication.revision_id) in (
 select f.rowid from search_index as f where f.search_index match (jsonb(?) -> 0 ->> 'plain')))) AS t6 
WHERE t6.content_type = 'Article' AND (t6.points, t6.published_at, t6.id) < (?, ?, ?) AND (t6.published_at >= case when (SELECT count(*) AS count_5 
FROM anon_5) < ? AND (SELECT count(*) AS count_6 
FROM anon_3) >= 2000 then '' end) ORDER BY t6.published_at DESC, t6.id DESC
 LIMIT (? + 0) OFFSET ?) AS anon_11) AS anon_9) AS anon_4 ORDER BY anon_4.key_0 DESC, anon_4.key_1 DESC, anon_4.key_2 DESC
 LIMIT (? + 0) OFFSET ?) AS t2), 'suggest', (SELECT json_group_array(json_object('word', t8.word, 'score', t8.score) order by t8.ordinal ASC) AS anon_12 
FROM (SELECT likely.word AS word, CAST(likely.score AS DOUBLE) / (1000 + 0.0) AS score, row_number() OVER (ORDER BY likely.is_beginning DESC, likely.score DESC, likely.editions DESC, likely.word, likely.place) AS ordinal 
FROM (SELECT alike.typed AS typed, alike.word AS word, min(alike.place) AS place, max((1000 * alike.shared) / ((alike.typed_grams + alike.grams) - alike.shared)) AS score, CAST(sum(alike.editions) AS BIGINT) AS editions, substr(alike.folded, ?, length(alike.typed)) = alike.typed AS is_beginning 
FROM (SELECT CAST(part.value ->> 'place' AS INTEGER) AS place, part.value ->> 'word' AS typed, CAST(part.value ->> 'grams' AS INTEGER) AS typed_grams, search_word.locale AS locale, search_word.word AS word, search_word.folded AS folded, search_word.grams AS grams, search_word.editions AS editions, count(DISTINCT search_gram.gram) AS shared 
FROM json_each(jsonb(?)) AS part JOIN search_gram ON search_gram.gram = (part.value ->> 'gram') JOIN search_word ON search_word.locale = search_gram.locale AND search_word.word = search_gram.word 
WHERE search_gram.locale IN ('en') GROUP BY CAST(part.value ->> 'place' AS INTEGER), part.value ->> 'word', CAST(part.value ->> 'grams' AS INTEGER), search_word.locale, search_word.word, search_word.folded, search_word.grams, search_word.editions) AS alike 
WHERE substr(alike.folded, ?, length(alike.typed)) = alike.typed OR (1000 * alike.shared) / ((alike.typed_grams + alike.grams) - alike.shared) >= 250 GROUP BY alike.typed, alike.word, alike.folded) AS likely ORDER BY likely.is_beginning DESC, likely.score DESC, likely.editions DESC, likely.word, likely.place
 LIMIT (? + 0) OFFSET ?) AS t8)) AS anon_1
