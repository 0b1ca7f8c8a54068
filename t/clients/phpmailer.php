<?php
# SPDX-License-Identifier: Apache-2.0
#
# PHPMailer, as an application uses it, with a user name and a password: sends
# the text of a message in a file.
#
#   phpmailer.php HOST PORT FILE RECIPIENT
require '/usr/share/php/libphp-phpmailer/autoload.php';
[, $host, $port, $path, $recipient] = $argv;
[$header, $body] = explode("\r\n\r\n", file_get_contents($path), 2);
$mail = new PHPMailer\PHPMailer\PHPMailer(true);
$mail->isSMTP();
$mail->Host = $host;
$mail->Port = (int) $port;
$mail->SMTPAuth = true;
$mail->Username = 'any';
$mail->Password = 'word';
$mail->CharSet = 'utf-8';
$mail->Encoding = 'base64';
$mail->setFrom('app@host.test');
$mail->addAddress($recipient);
$mail->Subject = mb_decode_mimeheader(
    preg_match('/^Subject: (.*?)\r?$/m', $header, $found) ? $found[1] : '');
$mail->Body = $body;
try {
    $mail->send();
} catch (Exception $problem) {
    fwrite(STDERR, $problem->getMessage() . "\n");
    exit(1);
}
