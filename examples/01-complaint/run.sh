#!/bin/sh
# A complaint from the call to the lessons learnt, with a customer who is not satisfied at once.
#
#   CASEWRIGHT_URL  the server, http://127.0.0.1:8080 unless given
#   CASE            the id of the case, a new one unless given
CASE=${CASE:-complaint-$(date +%s)-$$}
. "$(dirname "$0")/../client.sh"

say '1. A core account calls: line three stood still twice.'
as zhang.wei account-manager
open_case complaint-handling '{
    "account": {"name": "华东能源集团", "id": "C-1001"},
    "tier": "core",
    "channel": "phone"
}'

say '2. Too early: nobody has written down what the complaint is about.'
send_refused start-investigation '{"investigating_depts": ["technical-support"]}'

say '3. Registered. The plugin complaint-routing reads the text and decides where it goes.'
as deng.lan customer-service-dept
send register '{
    "content": "三号产线的控制器交付延期，而且停机两次",
    "customer_info": {"name": "李敏", "position": "生产总监", "phone": "021-5555 0101"},
    "customer_need": "48小时内恢复三号产线"
}'
# `body` is the last answer; the workflow keeps what the plugin said in the field `routing`.
printf '%s\n' "$body" | sed -n 's/.*"routing":{\([^}]*\)}.*/  routing \1/p'

say '4. The investigation finds the cause.'
send start-investigation '{"investigating_depts": ["technical-support"]}'
as zhou.tao related-dept
send cause-found '{
    "root_cause": "控制器固件与新传感器不兼容",
    "responsible_dept": "technical-support",
    "responsible_person": {"name": "彭凯", "id": "peng.kai"}
}'

say '5. A solution is told to the customer and carried out.'
as zhang.wei account-manager
send solution-told '{"solution": "回退固件并更换控制器", "practicable": true}'
as peng.kai responsible-dept
send start-implementation
send report-progress '{"note": {"message": "控制器已更换，正在试运行"}}'
send measures-done '{"handling_result": "固件已回退，控制器已更换"}'

say '6. The customer is not satisfied: back to the drawing board.'
as li.min customer
send customer-not-satisfied '{"dissatisfaction_reason": "试运行时又停机一次"}'

say '7. A second solution, and this time it holds.'
as zhang.wei account-manager
send solution-told '{"solution": "更换传感器并驻场保障一周", "practicable": true}'
as peng.kai responsible-dept
send start-implementation
send measures-done '{"handling_result": "传感器已更换，试运行无停机"}'
as li.min customer
send customer-satisfied '{"customer_satisfied": true, "satisfaction_score": 8}'

say '8. The case closes once it is written down what prevents the next one.'
as deng.lan customer-service-dept
send summary-filed '{
    "summary": "固件发布前未在新传感器上测试",
    "improvement_measures": ["固件发布前增加传感器兼容性测试"]
}'

say 'What happened:'
show_history
