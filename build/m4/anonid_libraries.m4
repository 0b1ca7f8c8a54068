dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl ANONID_LIBRARIES: finds every library. All that are missing are named at
dnl once, each with the packages that bring it.

dnl ANONID_LIBRARY(NAME, PKG-CONFIG-MODULES, HEADER, FUNCTION, LIBS,
dnl                DEBIAN-PACKAGE, FEDORA-PACKAGE)
dnl Sets NAME_CFLAGS and NAME_LIBS. Where pkg-config does not know the modules,
dnl HEADER and FUNCTION (in LIBS) are looked for; no HEADER: pkg-config only.
AC_DEFUN([ANONID_LIBRARY], [
  PKG_CHECK_MODULES([$1], [$2], [], [
    anonid_found=no
    m4_ifval([$3], [
      AC_CHECK_HEADER([$3], [
        anonid_saved_LIBS=$LIBS
        LIBS="$5 $LIBS"
        AC_MSG_CHECKING([for $4 in $5])
        AC_LINK_IFELSE([AC_LANG_CALL([], [$4])],
          [anonid_found=yes; $1[]_CFLAGS=; $1[]_LIBS="$5"])
        AC_MSG_RESULT([$anonid_found])
        LIBS=$anonid_saved_LIBS])])
    AS_IF([test $anonid_found = no], [
      anonid_missing="$anonid_missing
    $2: install $6 (Debian) or $7 (Fedora)"])])
])

AC_DEFUN([ANONID_LIBRARIES], [
  anonid_missing=
  ANONID_LIBRARY([GMIME], [gmime-3.0], [], [], [],
    [libgmime-3.0-dev], [gmime30-devel])
  ANONID_LIBRARY([JANSSON], [jansson], [jansson.h], [json_loads], [-ljansson],
    [libjansson-dev], [jansson-devel])
  ANONID_LIBRARY([CURL], [libcurl >= 7.85], [], [], [],
    [libcurl4-openssl-dev], [libcurl-devel])
  ANONID_LIBRARY([LDAP], [ldap lber], [ldap.h], [ldap_initialize],
    [-lldap -llber], [libldap-dev], [openldap-devel])
  ANONID_LIBRARY([KRB5], [krb5], [krb5.h], [krb5_init_creds_step],
    [-lkrb5 -lcom_err], [libkrb5-dev], [krb5-devel])
  ANONID_LIBRARY([GSSAPI], [krb5-gssapi], [gssapi/gssapi_ext.h],
    [gss_acquire_cred_from], [-lgssapi_krb5], [libkrb5-dev], [krb5-devel])
  ANONID_LIBRARY([SASL], [libsasl2], [sasl/sasl.h], [sasl_client_init],
    [-lsasl2], [libsasl2-dev], [cyrus-sasl-devel])
  ANONID_LIBRARY([OPENSSL], [openssl >= 1.1.1], [], [], [],
    [libssl-dev], [openssl-devel])
  ANONID_LIBRARY([LIBEVENT],
    [libevent >= 2.1 libevent_openssl libevent_pthreads], [], [], [],
    [libevent-dev], [libevent-devel])
  ANONID_LIBRARY([HIREDIS], [hiredis], [hiredis/hiredis.h],
    [redisReaderCreate], [-lhiredis], [libhiredis-dev], [hiredis-devel])
  dnl It would have all of the agent built with another off_t than APR's.
  HIREDIS_CFLAGS=`AS_ECHO(["$HIREDIS_CFLAGS"]) \
    | sed 's/-D_FILE_OFFSET_BITS=64//'`
  ANONID_LIBRARY([CRYPT], [libcrypt], [crypt.h], [crypt_rn], [-lcrypt],
    [libcrypt-dev], [libxcrypt-devel])
  ANONID_LIBRARY([SECCOMP], [libseccomp >= 2.4], [], [], [],
    [libseccomp-dev], [libseccomp-devel])
  AS_IF([test -n "$anonid_missing"],
    [AC_MSG_ERROR([libraries are missing:$anonid_missing])])

  dnl Only the tests need cmocka: `make check` says so where it is missing.
  PKG_CHECK_MODULES([CMOCKA], [cmocka], [have_cmocka=yes], [have_cmocka=no])
  AM_CONDITIONAL([HAVE_CMOCKA], [test $have_cmocka = yes])
  PKG_CHECK_MODULES([FUSE], [fuse3], [have_fuse=yes], [have_fuse=no])
  AM_CONDITIONAL([HAVE_FUSE], [test $have_fuse = yes])
])
