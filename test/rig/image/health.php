<?php
// The guarded gateway in small: 200 when the database and the queue answer, else 503 and the reason.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);
header('Content-Type: application/json');

function probe(callable $check): string
{
    try {
        $check();
        return 'ok';
    } catch (Throwable $error) {
        return $error->getMessage();
    }
}

$checks = [
    'database' => probe(function () {
        $database = new mysqli('localhost', 'www-data', '', 'gateway');
        $database->query('SELECT COUNT(*) FROM calls');
    }),
    'queue' => probe(function () {
        $queue = new Redis();
        $queue->connect('127.0.0.1', 6379, 1.0);
        $queue->ping();
    }),
];
$failed = array_filter($checks, fn ($state) => $state !== 'ok');
http_response_code($failed ? 503 : 200);
echo json_encode(['status' => $failed ? 'down' : 'ok', 'checks' => $checks]), "\n";
