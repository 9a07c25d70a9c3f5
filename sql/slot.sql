-- s2t_slot: where an id lives. Part of the stored format: these numbers never change.
-- Of a version 7 id the 12 bits after the version.
SELECT s2t_slot('018f3c2a-7b00-7000-8000-000000000000') AS zero, s2t_slot('018f3c2a-7b00-7fff-8000-000000000000') AS largest,
       s2t_slot('018f3c2a-7b00-7abc-bfff-ffffffffffff') = x'abc'::int AS bits;
-- Of any other a hash of it: another version, another variant, the nil and the max id.
SELECT s2t_slot('123e4567-e89b-12d3-a456-426614174000') AS v1, s2t_slot('f81d4fae-7dec-41d0-a765-00a0c91e6bf6') AS v4,
       s2t_slot('018f3c2a-7b00-7abc-c000-000000000000') AS other_variant,
       s2t_slot('00000000-0000-0000-0000-000000000000') AS nil, s2t_slot('ffffffff-ffff-ffff-ffff-ffffffffffff') AS max;
-- Spread over the 4,096.
SELECT count(DISTINCT s) > 3600 AS spread
FROM (SELECT s2t_slot(md5(i::text)::uuid) AS s FROM generate_series(1, 20000) AS i) AS slots;

-- A user's slot is a hash of the lower-cased e-mail. (What else has a slot, and whose: test/pgtap/ids.sql.)
CALL t.plans();
SELECT s2t_register_user('an@example.com', 'an', 'hash', 'An', 'FREE') AS an \gset
SELECT s2t_register_user('BINH@Example.com', 'binh', 'hash', 'Binh', 'FREE') AS binh \gset
SELECT s2t_slot(:'an') AS an, s2t_slot(:'binh') AS binh;
CALL t.clear();
