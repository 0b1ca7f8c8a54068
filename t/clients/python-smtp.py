#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# smtplib, as an application uses it: sends the message in a file.
#
#   python-smtp.py HOST PORT FILE RECIPIENT
import smtplib
import sys

host, port, path, recipient = sys.argv[1:]
with open(path, 'rb') as file:
    message = file.read()
with smtplib.SMTP(host, int(port)) as client:
    client.login('any', 'word')
    client.sendmail('app@host.test', [recipient], message)
