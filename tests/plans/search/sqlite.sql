SELECT json_object('articles', (SELECT json_object('totalCount', (SELECT count(*) AS count_1 
FROM (SELECT publication.content_type AS content_type 
FROM publication, search_document, (
 select f.rowid as id
 from search_index as f
 where f.search_index match (jsonb(?) -> 0 ->> 'match')
) AS hit 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND search_document.revision_id = publication.revision_id AND hit.id = search_document.id) AS t3 
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
FROM (SELECT t4.points AS points, t4.published_at AS published_at, t4.id AS id, t4.shown AS shown, t4.sought AS sought, t4.title AS title 
FROM (SELECT CAST(hit.points + hit.title_points / search_document.title_words AS BIGINT) AS points, publication.published_at AS published_at, publication.entry_id AS id, search_document.shown AS shown, jsonb(?) AS sought, publication.title AS title, publication.content_type AS content_type 
FROM publication, (
 select f.rowid as id,
  sum(l.value ->> 'points') as points, sum(l.value ->> 'titlePoints') as title_points
 from json_each(jsonb(?)) as l cross join search_index as f
 where f.search_index match (l.value ->> 'match')
 group by f.rowid
) AS hit, search_document 
WHERE publication.ended_position IS NULL AND publication.locale = 'en' AND search_document.revision_id = publication.revision_id AND hit.id = search_document.id) AS t4 
WHERE t4.content_type = 'Article' AND (t4.points, t4.published_at, t4.id) < (?, ?, ?) ORDER BY t4.points DESC, t4.published_at DESC, t4.id DESC
 LIMIT (? + 0) OFFSET ?) AS t2), 'suggest', (SELECT json_group_array(json_object('word', t5.word, 'score', t5.score) order by t5.ordinal ASC) AS anon_3 
FROM (SELECT likely.word AS word, CAST(likely.score AS DOUBLE) / (1000 + 0.0) AS score, row_number() OVER (ORDER BY likely.is_beginning DESC, likely.score DESC, likely.editions DESC, likely.word, likely.place) AS ordinal 
FROM (SELECT alike.typed AS typed, alike.word AS word, min(alike.place) AS place, max((1000 * alike.shared) / ((alike.typed_grams + alike.grams) - alike.shared)) AS score, CAST(sum(alike.editions) AS BIGINT) AS editions, substr(alike.folded, ?, length(alike.typed)) = alike.typed AS is_beginning 
FROM (SELECT CAST(part.value ->> 'place' AS INTEGER) AS place, part.value ->> 'word' AS typed, CAST(part.value ->> 'grams' AS INTEGER) AS typed_grams, search_word.locale AS locale, search_word.word AS word, search_word.folded AS folded, search_word.grams AS grams, search_word.editions AS editions, count(DISTINCT search_gram.gram) AS shared 
FROM json_each(jsonb(?)) AS part JOIN search_gram ON search_gram.gram = (part.value ->> 'gram') JOIN search_word ON search_word.locale = search_gram.locale AND search_word.word = search_gram.word 
WHERE search_gram.locale IN ('en') GROUP BY CAST(part.value ->> 'place' AS INTEGER), part.value ->> 'word', CAST(part.value ->> 'grams' AS INTEGER), search_word.locale, search_word.word, search_word.folded, search_word.grams, search_word.editions) AS alike 
WHERE substr(alike.folded, ?, length(alike.typed)) = alike.typed OR (1000 * alike.shared) / ((alike.typed_grams + alike.grams) - alike.shared) >= 250 GROUP BY alike.typed, alike.word, alike.folded) AS likely ORDER BY likely.is_beginning DESC, likely.score DESC, likely.editions DESC, likely.word, likely.place
 LIMIT (? + 0) OFFSET ?) AS t5)) AS anon_1
