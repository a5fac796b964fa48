# A small client of the HTTP API, for the `run.sh` of each folder: POSIX sh, sed and curl.
#
#   as ID ROLE[,ROLE]          who acts from now on
#   open_case WORKFLOW DATA    opens the case "$CASE"
#   send EVENT [DATA]          sends it an event, and shows what comes of it
#   send_refused EVENT [DATA]  sends an event that must be refused, and shows why
#   wait_for STATE             waits until a service has brought the case to a state, and shows it
#   show_history               lists the steps of the case
#
# An answer that is not as expected ends the script with exit code 1.

set -eu
# The answers are UTF-8, and what is looked for in them is ASCII: sed may work byte by byte.
LC_ALL=C
export LC_ALL

CASEWRIGHT_URL=${CASEWRIGHT_URL:-http://127.0.0.1:8080}
LINE_BREAK='
'

say() {
    printf '\n%s\n' "$*"
}

# The server believes what these headers say. In front of people stands a proxy that sets them.
as() {
    actor=$1
    roles=$2
}

# request METHOD PATH [BODY]: sets `status` and `body`.
request() {
    method=$1
    address=$CASEWRIGHT_URL$2
    shift 2
    if [ $# -gt 0 ]; then
        set -- --header 'Content-Type: application/json' --data "$1"
    fi
    answer=$(
        curl --silent --show-error --request "$method" "$address" \
            --header "Casewright-Actor: $actor" \
            --header "Casewright-Roles: $roles" \
            --write-out '\n%{http_code}' "$@"
    ) || {
        echo "is there a server at $CASEWRIGHT_URL? \`cargo run --release\` starts one" >&2
        exit 2
    }
    status=${answer##*"$LINE_BREAK"}
    body=${answer%"$LINE_BREAK"*}
}

open_case() {
    # PUT with an id of our own: doing it twice opens one case.
    request PUT "/cases/$CASE" "{\"workflow\": \"$1\", \"data\": $2}"
    expect 201
    printf '%s (%s) opens %s: %s\n' "$actor" "$roles" "$1" "$status"
    show_state
}

send() {
    request POST "/cases/$CASE/events" "{\"event\": \"$1\", \"data\": ${2:-"{}"}}"
    expect 200
    printf '%s (%s) sends %s: %s\n' "$actor" "$roles" "$1" "$status"
    show_state
}

send_refused() {
    request POST "/cases/$CASE/events" "{\"event\": \"$1\", \"data\": ${2:-"{}"}}"
    expect 403 409
    printf '%s (%s) sends %s: %s\n' "$actor" "$roles" "$1" "$status"
    # An answer of the kind application/problem+json (RFC 9457).
    printf '  type    %s\n' "$(field type)"
    printf '  detail  %s\n' "$(field detail)"
    # What the workflow's author tells people of the condition.
    printf '%s\n' "$body" | sed -n 's/.*"guard":"[^"]*","title":{"en":"\([^"]*\)".*/  means   \1/p'
    printf '  instead %s\n' "$(events)"
}

wait_for() {
    tries=0
    while :; do
        request GET "/cases/$CASE"
        expect 200
        if [ "$(states)" = "$1" ]; then
            break
        fi
        tries=$((tries + 1))
        if [ "$tries" -gt 60 ]; then
            printf 'expected %s within a minute, found %s\n' "$1" "$body" >&2
            exit 1
        fi
        sleep 1
    done
    printf '%s (%s) sees the case again\n' "$actor" "$roles"
    show_state
}

expect() {
    for wanted in "$@"; do
        if [ "$status" = "$wanted" ]; then
            return
        fi
    done
    printf 'expected %s, found %s: %s\n' "$*" "$status" "$body" >&2
    exit 1
}

show_state() {
    printf '  state   %s\n' "$(states)"
    printf '  next    %s\n' "$(events)"
}

# The answers are JSON in one line. A program reads them with a JSON library; here sed is enough.

# field NAME: a text at the top of the answer.
field() {
    # A text ends at a quote that no backslash precedes.
    printf '%s\n' "$body" |
        sed -n 's/^[^[]*"'"$1"'":"\([^"\\]*\(\\.[^"\\]*\)*\)".*/\1/p' |
        sed 's/\\"/"/g'
}

# The active states: one, or one of each region of a parallel state.
states() {
    printf '%s\n' "$body" |
        sed -e 's/.*"states":\[//' -e 's/\],"data":.*//' \
            -e 's/,"title":{[^}]*}//g' -e 's/{"id":"\([^"]*\)"}/\1/g' -e 's/,/, /g'
}

# What this actor may send next: every answer lists it.
events() {
    printf '%s\n' "$body" |
        sed -e 's/.*"events":\[//' -e "s/{\"event\":\"/\\$LINE_BREAK/g" |
        sed -n 's/^\([^"]*\)","title".*/\1/p' |
        paste -s -d ' ' - | sed -e 's/^$/(nothing)/' -e 's/ /, /g'
}

# Every step with its time, its event and its actor, and what a plugin decided in it.
show_history() {
    request GET "/cases/$CASE/history"
    expect 200
    printf '%s\n' "$body" |
        sed -e "s/{\"sequence\":/\\$LINE_BREAK/g" \
            -e "s/\"decisions\":\[{\"function\":/\\${LINE_BREAK}decided /g" \
            -e "s/},{\"function\":/}\\${LINE_BREAK}decided /g" |
        sed -n \
            -e 's/^[0-9]*,"revision":\([0-9]*\),"at":"\([^"]*\)","actor":{"id":"\([^"]*\)","roles":\[[^]]*\]},"cause":"[a-z]*","event":"\([^"]*\)".*/  \1  \2  \4 by \3/p' \
            -e 's/}\],"emitted".*//' \
            -e 's/^decided "\([^"]*\)".*"output":\({.*}\)$/     \1 decided \2/p'
}
