#!/bin/sh
# Two admitted accounts are told to the CRM: it takes one at once, the other after a correction.
#
#   CASEWRIGHT_URL  the server, http://127.0.0.1:8080 unless given
#   CASE            how the ids of the cases begin, with something new unless given
cases=${CASE:-crm-$(date +%s)-$$}
. "$(dirname "$0")/../client.sh"

# What the case has in a field of its data that is a text.
show_data() {
    printf '%s\n' "$body" | sed -n 's/.*"'"$1"'":"\([^"]*\)".*/  '"$1"' \1/p'
}

say '1. An account was admitted. The service runs after the opening, so the answer does not wait for the CRM.'
CASE=$cases-1
as integration system
open_case tell-the-crm '{"account": {"id": "C-10086", "name": "华东精密制造有限公司"}, "tier": "strategic"}'

say '2. It comes back by itself, as an event.'
wait_for told
show_data crm_id

say '3. Another account, whose number the CRM does not take. Trying again would not help: a person has to.'
CASE=$cases-2
open_case tell-the-crm '{"account": {"id": "2044", "name": "Harbour Instruments"}, "tier": "core"}'
wait_for by-hand
show_data message

say '4. The account manager puts it right.'
as zhang.wei account-manager
send tell-again '{"account": {"id": "C-2044", "name": "Harbour Instruments"}}'
wait_for told
show_data crm_id

say 'What happened:'
show_history
