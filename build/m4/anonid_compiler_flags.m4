dnl SPDX-License-Identifier: Apache-2.0
dnl
dnl ANONID_COMPILER_FLAGS: language, warnings, hardening and the --enable
dnl options that change them. CFLAGS and LDFLAGS stay the user's own.
dnl Sets ANONID_CFLAGS and ANONID_LDFLAGS (everything), PROGRAM_CFLAGS and
dnl PROGRAM_LDFLAGS (programs only), FUZZ_LDFLAGS, SANITIZER_PRELOAD.

dnl ANONID_TRY_FLAG(VARIABLE, FLAG): appended when the compiler and the linker
dnl take it without a word.
AC_DEFUN([ANONID_TRY_FLAG], [
  AC_MSG_CHECKING([whether $CC takes $2])
  anonid_saved_CFLAGS=$CFLAGS
  CFLAGS="$CFLAGS -Werror $2"
  AC_LINK_IFELSE([AC_LANG_PROGRAM([[#include <stdio.h>]],
                                  [[return puts("");]])],
    [AS_VAR_APPEND([$1], [" $2"])
     AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])])
  CFLAGS=$anonid_saved_CFLAGS
])

AC_DEFUN([ANONID_COMPILER_FLAGS], [
  AC_ARG_ENABLE([werror],
    [AS_HELP_STRING([--enable-werror], [warnings are errors])])
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers],
      [build with the address and undefined behaviour sanitizers])])
  AC_ARG_ENABLE([fuzzing],
    [AS_HELP_STRING([--enable-fuzzing],
      [build libFuzzer programs too (clang only)])])
  AC_ARG_ENABLE([coverage],
    [AS_HELP_STRING([--enable-coverage], [build with gcov counters])])

  ANONID_CFLAGS='-std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes'
  ANONID_LDFLAGS=
  PROGRAM_CFLAGS=
  PROGRAM_LDFLAGS=
  FUZZ_LDFLAGS=
  SANITIZER_PRELOAD=

  dnl Texts for logs and replies are cut at their buffers' ends on purpose.
  ANONID_TRY_FLAG([ANONID_CFLAGS], [-Wno-format-truncation])
  ANONID_TRY_FLAG([ANONID_CFLAGS], [-fstack-protector-strong])
  ANONID_TRY_FLAG([ANONID_LDFLAGS], [-Wl,-z,relro,-z,now])
  ANONID_TRY_FLAG([ANONID_LDFLAGS], [-Wl,--as-needed])
  ANONID_TRY_FLAG([PROGRAM_CFLAGS], [-fPIE])
  ANONID_TRY_FLAG([PROGRAM_LDFLAGS], [-pie])

  AS_IF([test "x$enable_sanitizers" = xyes], [
    ANONID_TRY_FLAG([anonid_sanitize], [-fsanitize=address,undefined])
    AS_IF([test -z "$anonid_sanitize"],
      [AC_MSG_ERROR([$CC cannot link with -fsanitize=address,undefined])])
    AS_VAR_APPEND([ANONID_CFLAGS],
      [" $anonid_sanitize -fno-omit-frame-pointer"])
    AS_VAR_APPEND([ANONID_LDFLAGS], [" $anonid_sanitize"])
    dnl httpd itself is not sanitized: it takes a sanitized module only when
    dnl the runtime was loaded before it.
    SANITIZER_PRELOAD=`$CC -print-file-name=libasan.so`])

  AS_IF([test "x$enable_fuzzing" = xyes], [
    ANONID_TRY_FLAG([anonid_fuzz], [-fsanitize=fuzzer-no-link,address])
    AS_IF([test -z "$anonid_fuzz"],
      [AC_MSG_ERROR([--enable-fuzzing needs clang: CC=clang])])
    AS_VAR_APPEND([ANONID_CFLAGS], [" $anonid_fuzz"])
    AS_VAR_APPEND([ANONID_LDFLAGS], [" -fsanitize=address"])
    FUZZ_LDFLAGS='-fsanitize=fuzzer,address'])
  AM_CONDITIONAL([FUZZING], [test "x$enable_fuzzing" = xyes])

  dnl The sanitizers' own interceptors are blind to fortified calls, and -O0
  dnl makes glibc warn, which ANONID_TRY_FLAG notices.
  AS_IF([test "x$enable_sanitizers" != xyes && test "x$enable_fuzzing" != xyes],
    [ANONID_TRY_FLAG([ANONID_CFLAGS],
      [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2])])

  AS_IF([test "x$enable_coverage" = xyes], [
    AS_VAR_APPEND([ANONID_CFLAGS], [" --coverage"])
    AS_VAR_APPEND([ANONID_LDFLAGS], [" --coverage"])])
  AS_IF([test "x$enable_werror" = xyes],
    [AS_VAR_APPEND([ANONID_CFLAGS], [" -Werror"])])

  AC_SUBST([ANONID_CFLAGS])
  AC_SUBST([ANONID_LDFLAGS])
  AC_SUBST([PROGRAM_CFLAGS])
  AC_SUBST([PROGRAM_LDFLAGS])
  AC_SUBST([FUZZ_LDFLAGS])
  AC_SUBST([SANITIZER_PRELOAD])
])
