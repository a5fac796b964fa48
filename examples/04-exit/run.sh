#!/bin/sh
# A strategic account leaves: two attempts to keep it, a handover on three tracks, the lessons.
#
#   CASEWRIGHT_URL  the server, http://127.0.0.1:8080 unless given
#   CASE            the id of the case, a new one unless given
CASE=${CASE:-exit-$(date +%s)-$$}
. "$(dirname "$0")/../client.sh"

say '1. A strategic account announces that it wants to leave.'
as zhang.wei account-manager
open_case exit-management '{
    "account": {"name": "西部航空物流集团", "id": "C-30417"},
    "tier": "strategic"
}'
send customer-announces-exit '{"exit_notice": {"name": "终止合作意向函"}}'

say '2. A plan to keep it. Because the account is strategic, an executive talk is due by itself.'
as wang.fang ka-director
send plan-ready '{
    "retention_plan": "免费提供三个月增值服务包，专属客户成功经理驻场",
    "offers": ["value-added-pack"]
}'

say '3. The customer wants to be let go. Not before the executives have talked.'
as he.zhiyuan customer
send_refused customer-confirms-exit '{"exit_notice": {"name": "终止合作告知函"}}'

say '4. They talk, the plan is revised, and it fails as well.'
as liu.jianguo senior-management
send executive-talk-held '{"true_exit_reason": "新任信息总监倾向自研"}'
as wang.fang ka-director
send revise-plan
send plan-ready '{"retention_plan": "共建接口平台，承诺2小时响应"}'
as he.zhiyuan customer
send customer-confirms-exit '{"exit_notice": {"name": "终止合作告知函"}}'

say '5. The handover goes on three tracks at once: data, assets, service.'
as wang.fang ka-director
send start-handover '{
    "handover_owner": {"name": "谢婷", "id": "xie.ting"},
    "handover_checklist": {"name": "退出交接清单"},
    "open_receivables": 380000
}'
as dong.chao it-dept
send data-migrated '{"migration_record": {"name": "数据迁移记录"}}'

say '6. One track of three is done: the handover is not complete.'
as xie.ting handover-owner
send_refused handover-complete '{
    "handover_record": {
        "name": "交接确认书",
        "signatures": [{"party": "customer", "name": "何志远"}, {"party": "company", "name": "谢婷"}]
    }
}'

say '7. The other two, in whatever order.'
send transition-complete '{"no_interruption": true}'
as zhao.lei finance-dept
send assets-cleared '{"clearing_statement": {"name": "清算单"}, "open_receivables": 0}'

say '8. Now it is complete.'
as xie.ting handover-owner
send handover-complete '{
    "handover_record": {
        "name": "交接确认书",
        "signatures": [{"party": "customer", "name": "何志远"}, {"party": "company", "name": "谢婷"}]
    }
}'

say '9. Why it was lost, and what changes because of it.'
as yuan.ye data-analyst
send report-filed '{"loss_report": {"name": "客户流失报告-西部航空物流"}}'
as wang.fang ka-director
send improvements-listed '{
    "meeting_minutes": {"name": "一季度客户流失专题会纪要"},
    "common_improvements": [{"item": "重点客户关键联系人变动月度复核", "department": "ka-dept"}]
}'

say 'What happened:'
show_history
