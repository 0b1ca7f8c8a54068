<?php
# SPDX-License-Identifier: Apache-2.0
#
# Roundcube's framework with its own configuration file: sends the message in
# a file, as its page for new messages does.
#
#   roundcube-smtp.php ROOT CONFIG FILE RECIPIENT
#
# ROOT is where the packages were unpacked, CONFIG the configuration file.
[, $root, $config_file, $file, $recipient] = $argv;
define('RCUBE_INSTALL_PATH', "$root/usr/share/roundcube/");
$folder = dirname($config_file) . '/roundcube';
@mkdir($folder);
copy("$root/etc/roundcube/defaults.inc.php", "$folder/defaults.inc.php");
copy($config_file, "$folder/config.inc.php");
define('RCUBE_CONFIG_DIR', "$folder/");
set_include_path("$root/usr/share/php");
require RCUBE_INSTALL_PATH . 'program/lib/Roundcube/bootstrap.php';
error_reporting(E_ALL & ~E_DEPRECATED);

$rcube = rcube::get_instance();
$rcube->config->set('log_driver', 'stdout');
[$header, $body] = explode("\r\n\r\n", file_get_contents($file), 2);
$smtp = new rcube_smtp();
$done = $smtp->connect()
    && $smtp->send_mail('app@host.test', [$recipient], $header, $body);
if (!$done) {
    $error = $smtp->get_error();
    fwrite(STDERR, ($error['vars']['msg'] ?? '') . ' '
        . implode(' ', $smtp->get_response()) . "\n");
}
$smtp->disconnect();
exit($done ? 0 : 1);
