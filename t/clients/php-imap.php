<?php
# SPDX-License-Identifier: Apache-2.0
#
# PHP's imap extension, as an application uses it: stores a file in INBOX, or
# writes the first message of INBOX to a file.
#
#   php-imap.php store|read imap|pop3 HOST PORT FILE
[, $action, $protocol, $host, $port, $path] = $argv;
$mailbox = '{' . "$host:$port/$protocol/notls" . '}INBOX';
$client = @imap_open($mailbox, 'any', 'word');
if (!$client) {
    fwrite(STDERR, imap_last_error() . "\n");
    exit(1);
}
if ($action == 'store') {
    $done = imap_append($client, $mailbox, file_get_contents($path));
} else {
    $done = file_put_contents($path, imap_fetchheader($client, 1)
                                     . imap_body($client, 1, FT_PEEK));
}
imap_close($client);
imap_errors(); # c-client's remark that no encryption is used
exit($done ? 0 : 1);
