dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl ANONID_APXS: everything that httpd's own apxs knows and this project needs.
dnl Sets APXS, APACHECTL, HTTPD_CPPFLAGS, APR_CPPFLAGS, APR_LIBS, APU_CPPFLAGS,
dnl APU_LIBS, MODULEDIR, MODSDIR, RUNTIMEDIR.

dnl _ANONID_KEEP_CPPFLAGS(VARIABLE, WORDS)
dnl apxs hands out the flags that httpd itself was built with. Optimisation,
dnl warnings and hardening are this build's own decision, so that only what
dnl changes the meaning of headers is kept.
AC_DEFUN([_ANONID_KEEP_CPPFLAGS], [
  for anonid_word in $2; do
    AS_CASE([$anonid_word],
      [-D_FORTIFY_SOURCE*|-U_FORTIFY_SOURCE*], [],
      [-D*|-U*|-I*|-pthread], [AS_VAR_APPEND([$1], [" $anonid_word"])])
  done
])

AC_DEFUN([ANONID_APXS], [
  AC_ARG_WITH([apxs],
    [AS_HELP_STRING([--with-apxs=PATH], [httpd's apxs or apxs2 program])],
    [AS_CASE([$withval],
      [no], [AC_MSG_ERROR([mod_anonid cannot be built without apxs])],
      [yes], [],
      [APXS=$withval])])
  AC_PATH_PROGS([APXS], [apxs apxs2], [],
    [$PATH$PATH_SEPARATOR/usr/sbin$PATH_SEPARATOR/usr/local/apache2/bin])
  AS_IF([test -z "$APXS"], [AC_MSG_ERROR([
apxs is missing. Install apache2-dev (Debian) or httpd-devel (Fedora),
or name it: --with-apxs=/path/to/apxs])])
  AS_IF([$APXS -q HTTPD_VERSION >/dev/null 2>&1 ||
         $APXS -q LIBEXECDIR >/dev/null 2>&1], [],
    [AC_MSG_ERROR(['$APXS' does not work: '$APXS -q LIBEXECDIR' fails])])

  AC_MSG_CHECKING([flags for httpd's headers])
  dnl System headers: clang objects to what APR's macros expand to.
  HTTPD_CPPFLAGS="-isystem `$APXS -q INCLUDEDIR`"
  AS_VAR_APPEND([HTTPD_CPPFLAGS], [" -isystem `$APXS -q APU_INCLUDEDIR`"])
  APR_CPPFLAGS="-isystem `$APXS -q APR_INCLUDEDIR`"
  _ANONID_KEEP_CPPFLAGS([APR_CPPFLAGS], [`$APXS -q EXTRA_CPPFLAGS`])
  _ANONID_KEEP_CPPFLAGS([HTTPD_CPPFLAGS],
    [`$APXS -q CFLAGS` `$APXS -q EXTRA_CFLAGS`])
  AC_MSG_RESULT([$APR_CPPFLAGS $HTTPD_CPPFLAGS])

  AC_MSG_CHECKING([how to link APR])
  anonid_apr_config=`$APXS -q APR_CONFIG 2>/dev/null`
  AS_IF([test -z "$anonid_apr_config"],
    [anonid_apr_config="`$APXS -q APR_BINDIR`/apr-1-config"])
  APR_LIBS=`$anonid_apr_config --link-ld --libs`
  AS_IF([test -z "$APR_LIBS"],
    [AC_MSG_ERROR(['$anonid_apr_config --link-ld' says nothing])])
  AC_MSG_RESULT([$APR_LIBS])

  AC_MSG_CHECKING([how to link APR-util])
  anonid_apu_config=`$APXS -q APU_CONFIG 2>/dev/null`
  AS_IF([test -z "$anonid_apu_config"],
    [anonid_apu_config="`$APXS -q APU_BINDIR`/apu-1-config"])
  APU_CPPFLAGS="-isystem `$APXS -q APU_INCLUDEDIR`"
  APU_LIBS=`$anonid_apu_config --link-ld`
  AS_IF([test -z "$APU_LIBS"],
    [AC_MSG_ERROR(['$anonid_apu_config --link-ld' says nothing])])
  AC_MSG_RESULT([$APU_LIBS])

  AC_MSG_CHECKING([where httpd's modules are])
  AC_ARG_WITH([apache-libexecdir],
    [AS_HELP_STRING([--with-apache-libexecdir=DIR],
      [install mod_anonid.so here (default: where apxs says)])],
    [MODULEDIR=$withval], [MODULEDIR=`$APXS -q LIBEXECDIR`])
  AC_MSG_RESULT([$MODULEDIR])

  dnl Debian's layout: a2enmod links what stands in this folder.
  AC_MSG_CHECKING([where a2enmod looks])
  AC_ARG_WITH([apache-modsdir],
    [AS_HELP_STRING([--with-apache-modsdir=DIR],
      [install anonid.load and anonid.conf here (default: mods-available of
       httpd's configuration, where that exists and the module goes where apxs
       says); "no" for nowhere])],
    [MODSDIR=$withval],
    [MODSDIR="`$APXS -q SYSCONFDIR`/mods-available"
     AS_IF([test -n "$with_apache_libexecdir" || test ! -d "$MODSDIR"],
       [MODSDIR=no])])
  AC_MSG_RESULT([$MODSDIR])
  AM_CONDITIONAL([HAVE_MODSDIR], [test "x$MODSDIR" != xno])

  AC_MSG_CHECKING([httpd's runtime folder])
  RUNTIMEDIR=`$APXS -q runtimedir 2>/dev/null`
  AS_IF([test -z "$RUNTIMEDIR"], [RUNTIMEDIR='${localstatedir}/run'])
  AC_MSG_RESULT([$RUNTIMEDIR])

  AC_PATH_PROGS([APACHECTL], [apachectl apache2ctl], [apachectl],
    [`$APXS -q SBINDIR`$PATH_SEPARATOR$PATH])

  AC_SUBST([HTTPD_CPPFLAGS])
  AC_SUBST([APR_CPPFLAGS])
  AC_SUBST([APR_LIBS])
  AC_SUBST([APU_CPPFLAGS])
  AC_SUBST([APU_LIBS])
  AC_SUBST([MODULEDIR])
  AC_SUBST([MODSDIR])
  AC_SUBST([RUNTIMEDIR])

  anonid_saved_CPPFLAGS=$CPPFLAGS
  CPPFLAGS="$CPPFLAGS $APR_CPPFLAGS $HTTPD_CPPFLAGS"
  AC_CHECK_HEADER([httpd.h], [], [AC_MSG_ERROR([
httpd.h is missing although $APXS is there. Install apache2-dev (Debian) or
httpd-devel (Fedora)])], [#include <apr.h>])
  CPPFLAGS=$anonid_saved_CPPFLAGS
])
