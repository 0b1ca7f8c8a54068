#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
#
# imaplib, as an application uses it: stores a file in INBOX, or writes the
# first message of INBOX to a file.
#
#   python-imap.py store|read HOST PORT FILE
import imaplib
import sys

action, host, port, path = sys.argv[1:]
client = imaplib.IMAP4(host, int(port))
client.login('any', 'word')
if action == 'store':
    with open(path, 'rb') as file:
        status, answer = client.append('INBOX', None, None, file.read())
    assert status == 'OK', answer
else:
    client.select('INBOX', readonly=True)
    status, answer = client.fetch('1', '(BODY.PEEK[])')
    assert status == 'OK', answer
    with open(path, 'wb') as file:
        file.write(answer[0][1])
client.logout()
