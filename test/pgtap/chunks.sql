-- Transcripts in pieces: sp_get_chunks.
\ir include/begin.sql
SELECT plan(17);

INSERT INTO plans (code, name, monthly_minutes, monthly_usage_limit, is_default) VALUES ('FREE', 'Free plan', 30, 20, true);
SELECT s2t_register_user('an@example.com', 'an', 'hash', NULL, 'FREE') AS an, s2t_register_user('binh@example.com', 'binh', 'hash', NULL, 'FREE') AS binh \gset
SELECT recording_id AS r FROM sp_check_quota_and_create_recording(:'an', 'upload') \gset
SELECT is_empty(format('SELECT * FROM sp_get_chunks(%L, %L)', :'an', :'r'), 'nothing is there yet');
CALL sp_complete_recording(:'r', 9000, '[
  {"idx": 0, "start_ms": 0, "end_ms": 1000, "text": " Xin chào các bạn. ", "speaker": "A"},
  {"idx": 1, "start_ms": 1000, "end_ms": 2000, "text": "Hôm nay trời đẹp.", "speaker": "A"},
  {"idx": 2, "start_ms": 2000, "end_ms": 2500, "text": "  ", "speaker": "B"},
  {"idx": 4, "start_ms": 5000, "end_ms": 9000, "text": "Vâng, đi thôi. Đi đâu?", "speaker": "B"}]');
SELECT results_eq(format('SELECT * FROM sp_get_chunks(%L, %L)', :'an', :'r'),
  $$VALUES (0, 0, 9000, E'Xin chào các bạn. Hôm nay trời đẹp.\nVâng, đi thôi. Đi đâu?', 0, 4)$$, 'a short one is one piece; a turn is a line');
SELECT results_eq(format('SELECT * FROM sp_get_chunks(%L, %L, 36)', :'an', :'r'),
  $$VALUES (0, 0, 2000, 'Xin chào các bạn. Hôm nay trời đẹp.', 0, 1), (1, 5000, 9000, 'Vâng, đi thôi. Đi đâu?', 4, 4)$$, 'cut at a turn; characters count, not bytes');
SELECT results_eq(format('SELECT chunk_index, text, first_idx, last_idx FROM sp_get_chunks(%L, %L, 20)', :'an', :'r'),
  $$VALUES (0, 'Xin chào các bạn.', 0, 0), (1, 'Hôm nay trời đẹp.', 1, 1), (2, 'Vâng, đi thôi.', 4, 4), (3, 'Đi đâu?', 4, 4)$$, 'cut at sentences');
SELECT results_eq(format('SELECT text, first_idx, last_idx FROM sp_get_chunks(%L, %L, 36, 18)', :'an', :'r'),
  $$VALUES ('Xin chào các bạn. Hôm nay trời đẹp.', 0, 1), (E'Hôm nay trời đẹp.\nVâng, đi thôi.', 1, 4), ('Vâng, đi thôi. Đi đâu?', 4, 4)$$, 'with an overlap');
SELECT is((SELECT string_agg(replace(text, ' ', ''), '' ORDER BY chunk_index) FROM sp_get_chunks(:'an', :'r', 1)), 'Xinchàocácbạn.Hômnaytrờiđẹp.Vâng,đithôi.Điđâu?', 'letter by letter');

-- For the owner only.
SELECT is_empty(format('SELECT * FROM sp_get_chunks(%L, %L)', :'binh', :'r'), 'not for somebody else');
SELECT is_empty(format('SELECT * FROM sp_get_chunks(%L, gen_random_uuid())', :'an'), 'of nothing');
SELECT is_empty(format('SELECT * FROM sp_get_chunks(gen_random_uuid(), %L)', :'r'), 'for nobody');

SELECT throws_ok('SELECT sp_get_chunks(NULL, gen_random_uuid())', '22023', 'argument must not be null', 'no user');
SELECT throws_ok('SELECT sp_get_chunks(gen_random_uuid(), NULL)', '22023', 'argument must not be null', 'no recording');
SELECT throws_ok('SELECT sp_get_chunks(gen_random_uuid(), gen_random_uuid(), NULL)', '22023', 'argument must not be null', 'no size');
SELECT throws_ok('SELECT sp_get_chunks(gen_random_uuid(), gen_random_uuid(), 10, NULL)', '22023', 'argument must not be null', 'no overlap');
SELECT throws_ok('SELECT sp_get_chunks(gen_random_uuid(), gen_random_uuid(), 0)', '22023', 'invalid chunk size', 'too small');
SELECT throws_ok('SELECT sp_get_chunks(gen_random_uuid(), gen_random_uuid(), 1000001)', '22023', 'invalid chunk size', 'too large');
SELECT throws_ok('SELECT sp_get_chunks(gen_random_uuid(), gen_random_uuid(), 10, 6)', '22023', 'invalid overlap', 'too much');
SELECT throws_ok('SELECT sp_get_chunks(gen_random_uuid(), gen_random_uuid(), 10, -1)', '22023', 'invalid overlap', 'negative');

SELECT * FROM finish();
ROLLBACK;
