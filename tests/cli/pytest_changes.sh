#!/bin/sh
# Being written by another helper (tests-b): leave it alone.
