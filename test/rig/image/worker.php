<?php
// The queue worker that supervisor keeps alive: takes callers from Redis, writes them to MariaDB.
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function work(): void
{
    $queue = new Redis();
    $queue->connect('127.0.0.1', 6379, 1.0);
    $queue->setOption(Redis::OPT_READ_TIMEOUT, -1);
    $database = new mysqli('localhost', 'www-data', '', 'gateway');
    $insert = $database->prepare('INSERT INTO calls (caller) VALUES (?)');
    while (true) {
        $item = $queue->blPop(['gateway:calls'], 5);
        if ($item) {
            $insert->execute([$item[1]]);
        }
    }
}

while (true) {
    try {
        work();
    } catch (Throwable $error) {
        fwrite(STDERR, $error->getMessage() . "\n");
        usleep(500000);
    }
}
