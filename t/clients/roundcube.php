<?php
# SPDX-License-Identifier: Apache-2.0
#
# Roundcube's own library, with the options that Roundcube gives it: stores a
# file in INBOX, or writes the first message of INBOX to a file.
#
#   roundcube.php ROOT AUTH store|read HOST PORT FILE
#
# ROOT is where the package was unpacked, AUTH Roundcube's imap_auth_type.
[, $root, $auth, $action, $host, $port, $file] = $argv;
define('RCUBE_INSTALL_PATH', "$root/usr/share/roundcube/");
require RCUBE_INSTALL_PATH . 'program/lib/Roundcube/bootstrap.php';
error_reporting(E_ALL & ~E_DEPRECATED);

$client = new rcube_imap_generic();
$options = ['port' => (int) $port, 'auth_type' => $auth, 'ssl_mode' => null,
            'timeout' => 30, 'force_caps' => false,
            'ident' => ['name' => 'Roundcube', 'version' => '1.6']];
if (!$client->connect($host, 'any', 'word', $options)) {
    fwrite(STDERR, "$client->error\n");
    exit(1);
}
if ($action == 'store') {
    $message = file_get_contents($file);
    $done = $client->append('INBOX', $message, ['SEEN']);
} else {
    $done = $client->select('INBOX')
        && count($client->fetchHeaders('INBOX', '1')) == 1
        && file_put_contents($file, $client->handlePartBody('INBOX', 1));
}
$client->closeConnection();
exit($done !== false ? 0 : 1);
