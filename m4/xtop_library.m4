# XTOP_NEED_LIBRARY(VARIABLE, MODULE, DEBIAN-PACKAGE)
# Looks for a library by pkg-config. One that is missing is kept in mind, so that
# XTOP_REPORT_MISSING can name all of them in one message.
AC_DEFUN([XTOP_NEED_LIBRARY], [
  PKG_CHECK_MODULES([$1], [$2], [], [XTOP_MISSING([$2], [$3])])
])

# XTOP_MISSING(WHAT, DEBIAN-PACKAGE)
AC_DEFUN([XTOP_MISSING], [
  AC_MSG_RESULT([no])
  xtop_missing="$xtop_missing $1"
  xtop_missing_packages="$xtop_missing_packages $2"
])

# XTOP_REPORT_MISSING
AC_DEFUN([XTOP_REPORT_MISSING], [
  AS_IF([test -n "$xtop_missing"], [
    AC_MSG_ERROR([missing:$xtop_missing
  Run ./bootstrap, which installs what is needed, or on Debian and its relatives:
  apt-get install$xtop_missing_packages])
  ])
])
