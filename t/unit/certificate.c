/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A certificate for tests; see certificate.h.
 */
#include "certificate.h"

#include <openssl/x509v3.h>
#include <stdio.h>

X509 *unit_certificate_make(EVP_PKEY *key, const char *name)
{
    X509 *cert = X509_new();
    X509_NAME *subject = X509_get_subject_name(cert);
    X509_EXTENSION *names;
    char text[128];

    snprintf(text, sizeof(text), "DNS:%s", name);
    names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, text);
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(cert, subject);
    X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    X509_set_pubkey(cert, key);
    X509_sign(cert, key, EVP_sha256());
    return cert;
}
