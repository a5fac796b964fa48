#!/bin/sh
# A prospect becomes a key account: an incomplete form, five findings, a score, a decision.
#
#   CASEWRIGHT_URL  the server, http://127.0.0.1:8080 unless given
#   CASE            the id of the case, a new one unless given
CASE=${CASE:-admission-$(date +%s)-$$}
. "$(dirname "$0")/../client.sh"

say '1. Sales proposes a customer and fills in the form.'
as li.na sales-dept
open_case account-admission '{"account": {"name": "Harbour Instruments Ltd", "id": "C-2044"}}'
send submit-application '{
    "application_form": {"name": "Application Harbour Instruments", "version": "1.0"},
    "customer_basics": {"name": "Harbour Instruments Ltd", "industry": "measuring instruments"},
    "application_reason": "Purchases doubled within two years",
    "expected_cooperation_scale": 8000000,
    "purchase_amount_past_year": 4200000,
    "potential_benefit": "A reference in a new industry"
}'

say '2. The key-account team finds gaps and returns the application.'
as chen.jing ka-team
send request-supplement '{"gaps": ["the last annual report is missing"]}'
as li.na sales-dept
send resubmit '{
    "application_form": {"name": "Application Harbour Instruments", "version": "1.1"},
    "gaps_filled": true
}'
as chen.jing ka-team
send pass-initial-review '{"meets_definition": true, "meets_criteria": true, "capacity_ok": true}'

# Sends what one department found out about one dimension.
finding() {
    send record-finding "{\"finding\": {\"dimension\": \"$1\", \"finding\": \"$2\", \"score\": $3}}"
}

say '3. The departments look into it, each from its side.'
as zhou.tao related-dept
finding operations 'Two plants, both busy' 84
as zhao.lei finance-dept
finding finance 'Low debt, steady cash flow' 78
finding credit-record 'Pays within 30 days' 91

say '4. Two dimensions still lack a finding: the evaluation cannot be complete.'
as chen.jing ka-team
send_refused complete-evaluation '{"evaluation_report": {"name": "Evaluation Harbour Instruments"}}'

say '5. The last two departments report.'
as sun.yue marketing-dept
finding industry-reputation 'Well known in its niche' 70
as li.na sales-dept
finding cooperation-history 'Five years, one dispute, settled' 75

say '6. Complete. One plugin weighs the findings and proposes a grade, another finds the tier.'
as chen.jing ka-team
send complete-evaluation '{"evaluation_report": {"name": "Evaluation Harbour Instruments"}}'
# `body` is the last answer; the workflow keeps what the plugins said in the fields `scoring` and `classification`.
printf '%s\n' "$body" | sed -n 's/.*"scoring":{\([^[]*\),"missing_evidence".*/  scoring \1/p'
printf '%s\n' "$body" | sed -n 's/.*"classification":{\([^]]*\]\).*/  classification \1/p'

say '7. Sales would like to approve it themselves.'
as li.na sales-dept
send_refused approve '{"admitted_grade": "special"}'

say '8. Senior management decides, and follows the proposal.'
as liu.jianguo senior-management
send approve '{"admitted_grade": "first", "decision_comment": "Review in a year"}'

say 'What happened:'
show_history
