# XTOP_ADD_FLAGS(VARIABLE, FLAGS)
# Appends to VARIABLE those of FLAGS that the compiler takes. Each is tried with
# -Werror: clang only warns of an option that it doesn't know.
AC_DEFUN([XTOP_ADD_FLAGS], [
  xtop_saved_CFLAGS=$CFLAGS
  for xtop_flag in $2; do
    AS_VAR_PUSHDEF([xtop_cache], [xtop_cv_flag_$xtop_flag])
    AC_CACHE_CHECK([whether $CC takes $xtop_flag], [xtop_cache], [
      CFLAGS="$xtop_saved_CFLAGS -Werror $xtop_flag"
      AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
        [AS_VAR_SET([xtop_cache], [yes])],
        [AS_VAR_SET([xtop_cache], [no])])
    ])
    AS_VAR_IF([xtop_cache], [yes], [$1="$$1 $xtop_flag"])
    AS_VAR_POPDEF([xtop_cache])
  done
  CFLAGS=$xtop_saved_CFLAGS
])
