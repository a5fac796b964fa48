#!/bin/sh
# A project from the signed contract to its proven value, with a rectification on the way.
#
#   CASEWRIGHT_URL  the server, http://127.0.0.1:8080 unless given
#   CASE            the id of the case, a new one unless given
CASE=${CASE:-project-$(date +%s)-$$}
. "$(dirname "$0")/../client.sh"

say '1. The contract is signed; the contract system opens the project.'
as contracts system
open_case project-lifecycle '{
    "account": {"name": "Northern Rail Freight", "id": "C-3107"},
    "tier": "core",
    "project_name": "Depot telemetry"
}'
send start-from-contract '{
    "signed_contract": {"name": "Contract depot telemetry"},
    "related_contract": "N-2026-014"
}'

say '2. The kick-off starts three things at once: progress, quality, risk.'
as huang.qiang ka-project-manager
send kickoff-held '{
    "project_plan": {"name": "Plan depot telemetry", "parts": ["goals", "task-breakdown"]},
    "team_members": [{"name": "Huang Qiang", "duty": "project manager"}, {"name": "Gao Feng", "duty": "delivery"}],
    "customer_members": [{"name": "Ann Miller", "duty": "project owner"}],
    "schedule": [{"name": "First depot live", "due": "2026-06-30"}],
    "acceptance_criteria": [
        {"id": "coverage", "title": "wagons that report, in percent", "level": "functional", "at_least": 99.5},
        {"id": "alarms", "title": "seconds until an alarm", "level": "performance", "at_most": 2}
    ]
}'

say '3. Each goes its own way: the schedule slips, then a quality check fails.'
send deviation-found '{"planned_days": 100, "projected_days": 108}'
as gao.feng project-team
send quality-failed '{"check": {"node": "gateway", "standard": "no lost messages", "result": "failed"}}'
send quality-restored '{"check": {"node": "gateway", "standard": "no lost messages", "result": "passed"}}'
as huang.qiang ka-project-manager
send deviation-corrected '{"recovery_record": {"name": "Second shift for two weeks"}}'

say '4. The work is done, and the customer is asked to accept it.'
send work-complete
send submit-acceptance '{
    "self_check_passed": true,
    "acceptance_application": {"name": "Application for acceptance"},
    "acceptance_report": {"name": "Acceptance report"},
    "deliverables": [{"name": "Telemetry platform"}, {"name": "Operating manual"}]
}'
as ann.miller customer
send start-preparation
as ann.miller customer-acceptance-group
send preparation-complete '{
    "material_studied": true,
    "acceptance_plan": {"name": "Acceptance plan"},
    "acceptance_group": [{"name": "Ann Miller"}]
}'

say '5. Alarms take too long: nobody can pass this. The customer asks for a rectification.'
send present-and-test '{"record": {"criterion": "coverage", "measured": 99.8}}'
send present-and-test '{"record": {"criterion": "alarms", "measured": 3.2}}'
send_refused acceptance-passed '{
    "customer_acceptance_report": {"name": "Report of the acceptance group"},
    "verdict": "passed",
    "signed_acceptance": {
        "name": "Acceptance document",
        "signatures": [{"party": "customer", "name": "Ann Miller"}, {"party": "company", "name": "Wang Fang"}]
    }
}'
send acceptance-issues '{"rectification_opinions": [{"issue": "alarms take too long", "status": "open"}]}'

say '6. The team comes back too soon: the opinion is still open.'
as gao.feng project-team
send_refused resubmit-acceptance '{
    "rectification_opinions": [{"issue": "alarms take too long", "status": "open"}],
    "rectification_record": {"name": "Rectification record"},
    "acceptance_application": {"name": "Second application for acceptance"}
}'
send resubmit-acceptance '{
    "rectification_opinions": [{"issue": "alarms take too long", "status": "handled"}],
    "rectification_record": {"name": "Rectification record"},
    "acceptance_application": {"name": "Second application for acceptance"}
}'

say '7. The second acceptance passes, signed by both parties.'
as ann.miller customer
send start-preparation
as ann.miller customer-acceptance-group
send preparation-complete '{
    "material_studied": true,
    "acceptance_plan": {"name": "Acceptance plan"},
    "acceptance_group": [{"name": "Ann Miller"}]
}'
send present-and-test '{"record": {"criterion": "alarms", "measured": 1.1, "note": "after the new firmware"}}'
send acceptance-passed '{
    "customer_acceptance_report": {"name": "Report of the acceptance group"},
    "verdict": "passed",
    "signed_acceptance": {
        "name": "Acceptance document",
        "signatures": [{"party": "customer", "name": "Ann Miller"}, {"party": "company", "name": "Wang Fang"}]
    }
}'

say '8. What was learnt, and what it was worth.'
as gao.feng project-team
send start-summary
send summary-submitted '{
    "summary_report": {
        "document": {"name": "Summary depot telemetry"},
        "strengths": "Customer and team in one room",
        "weaknesses": "Load tests came late",
        "proposals": "Load tests before the self-check"
    }
}'
as tang.xin customer-success-manager
send value-proven '{"roi_assessment": {"roi_percent": 14, "comparison": {"name": "Before and after"}}}'

say 'What happened:'
show_history
