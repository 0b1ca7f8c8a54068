<?php
# SPDX-License-Identifier: Apache-2.0
#
# PHP's mail(), as an application uses it: sends the message in a file by the
# command that sendmail_path names.
#
#   php-mail.php FILE RECIPIENT
[, $path, $recipient] = $argv;
[$header, $body] = explode("\r\n\r\n", file_get_contents($path), 2);
preg_match('/^Subject: (.*?)\r?$/m', $header, $subject);
$others = preg_replace('/^(?:To|Subject):.*?\r\n/m', '', $header);
exit(mail($recipient, $subject[1], $body, $others) ? 0 : 1);
