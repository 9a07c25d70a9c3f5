<?php
// docs
function call(PDO $db, string $sql, array $values): array
{
    $statement = $db->prepare($sql);
    foreach (array_values($values) as $position => $value) {
        $type = is_bool($value) ? PDO::PARAM_BOOL : (is_int($value) ? PDO::PARAM_INT : PDO::PARAM_STR);
        $statement->bindValue($position + 1, $value, $value === null ? PDO::PARAM_NULL : $type);
    }
    $statement->execute();
    return $statement->columnCount() ? $statement->fetchAll(PDO::FETCH_ASSOC) : [];
}

function transcribe(PDO $db): array
{
    $segments = [['idx' => 0, 'start_ms' => 0, 'end_ms' => 2400, 'text' => 'Xin chào các bạn.']];
    $user = call($db, 'SELECT s2t_register_user(?, ?, ?, ?, ?) AS id',
        ['lan@example.com', 'lan', '$2b$12$hash', null, 'FREE'])[0]['id'];
    $created = call($db, 'SELECT * FROM sp_check_quota_and_create_recording(?, ?)', [$user, 'upload'])[0];
    if (!$created['quota_ok']) {
        throw new RuntimeException($created['error_message']);
    }
    call($db, 'CALL sp_complete_recording(?, ?, ?)', [$created['recording_id'], 2400, json_encode($segments)]);
    return [$user, $created['recording_id'], $segments];
}

function explain(PDOException $error): array
{
    [$sqlstate, , $message] = $error->errorInfo;
    return ['sqlstate' => $sqlstate, 'message' => $message];  // DETAIL is a line of it; the constraint is in its text
}
// docs

function failure(callable $call): ?array
{
    try {
        $call();
    } catch (PDOException $error) {
        return explain($error);
    }
    return null;
}

$where = 'pgsql:host=' . getenv('PGHOST') . ';port=' . getenv('PGPORT') . ';dbname=' . getenv('PGDATABASE');
$options = [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::PGSQL_ATTR_DISABLE_PREPARES => getenv('BOUNCER') === 'yes'];
$db = new PDO($where, getenv('PGUSER'), null, $options);
[$user, $recording, $segments] = transcribe($db);
call($db, 'CALL sp_complete_recording(?, ?, ?)', [$recording, 2400, json_encode($segments)]);
$report['stats'] = call($db, 'SELECT * FROM sp_get_user_stats(?)', [$user])[0];
$report['segments'] = call($db, 'SELECT text, meta FROM sp_get_segments(?, ?)', [$user, $recording]);
$report['plan'] = call($db, 'CALL sp_change_user_plan(?, ?, ?)', [$user, 'BASIC', true])[0];
$nobody = '00000000-0000-7000-8000-000000000000';
$report['refused'] = call($db, 'SELECT * FROM sp_check_quota_and_create_recording(?, ?)', [$nobody, 'upload'])[0];
$report['taken'] = failure(fn() => transcribe($db));
$report['bad'] = failure(fn() => call($db, 'CALL sp_complete_recording(?, ?, ?)', [$recording, 2400, '[{"idx": 0}]']));
$report['date'] = call($db, 'SELECT created_at FROM sp_get_recording(?, ?)', [$user, $recording])[0]['created_at'];
$report['date'] = is_string($report['date']);

$jobs = new PDO($where, getenv('JOBS_ROLE'), null, $options);
call($jobs, 'CALL sp_purge_old_recordings(?)', [90]);
$jobs->beginTransaction();
$report['in_block'] = failure(fn() => call($jobs, 'CALL sp_purge_old_recordings(?)', [90]))['sqlstate'];
echo json_encode($report, JSON_UNESCAPED_UNICODE), "\n";
