#!/usr/bin/env bash
# `curl | aws s3 cp -`: the one line that most people begin with.
#   curl_aws.sh <source> <endpoint> <bucket> <key>
set -euo pipefail
curl --fail --silent --show-error "$1" | aws --endpoint-url "$2" s3 cp --only-show-errors - "s3://$3/$4"
