//! Clause, document, events, and the atomic states in which it ends.

mod data;

/// One case. What stands in it is written from the clause that it names.
pub(crate) type Case = (&'static str, &'static str, &'static str, &'static str);

/// All cases.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    CORE.iter().chain(data::CASES)
}

/// Those of the core and of executable content.
const CORE: &[Case] = &[
    (
        "3.2 the first state is the default",
        "<state id='a'/><state id='b'/>",
        "",
        "a",
    ),
    (
        "3.2 initial",
        "<scxml initial='b'><state id='a'/><state id='b'/></scxml>",
        "",
        "b",
    ),
    (
        "3.2 initial of several regions, deep",
        "<scxml initial='b2 c2'><parallel id='p'><state id='b'><state id='b1'/><state id='b2'/></state><state id='c'><state id='c1'/><state id='c2'/></state></parallel></scxml>",
        "",
        "b2 c2",
    ),
    (
        "3.2 initial of a deep state",
        "<scxml initial='b2'><state id='a'/><state id='b'><state id='b1'/><state id='b2'/></state></scxml>",
        "",
        "b2",
    ),
    (
        "3.2 an initial and a data model that say nothing",
        "<scxml initial='' datamodel='' exmode='lax'><datamodel><data id='x' expr='1'/></datamodel><state id='a'><transition cond='x == 1' target='b'/></state><state id='b' initial=' '><state id='c'/></state></scxml>",
        "",
        "c",
    ),
    (
        "3.2 the profile of drafts is the data model",
        "<scxml profile='ecmascript'><datamodel><data id='x' expr='1'/></datamodel><state id='a'><transition cond='x === 1' target='pass'/></state><state id='pass'/></scxml>",
        "",
        "pass",
    ),
    (
        "4.10 what is not of SCXML does nothing",
        "<state id='a'><onentry><log xmlns='urn:x'>no</log><raise event='e'/></onentry><transition event='e' target='pass'><my:do xmlns:my='urn:x'><raise event='f'/></my:do></transition></state><state id='pass'><transition event='f' target='fail'/></state><state id='fail'/>",
        "",
        "pass",
    ),
    (
        "5.3 comments in data and in content",
        "<datamodel><data id='x'>[1, <!-- two\nlines --> 2]</data></datamodel><state id='a'><onentry><send event='e'><content>it <!-- really --> is</content></send></onentry><transition event='e' cond=\"x[1] == 2 &amp;&amp; _event.data == 'it is'\" target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "5.8 a script of nothing",
        "<script/><script> <!-- nothing --> </script><state id='a'><onentry><script>\n</script><raise event='e'/></onentry><transition event='e' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "5.6 content that fails leaves the event empty, and it is sent",
        "<state id='a'><onentry><send event='x'><content expr='[1][7]'/></send></onentry><transition event='error.execution' target='b'/></state><state id='b'><transition event='x' cond='_event.data == null' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "5.6 content that fails, to the internal queue",
        "<state id='a'><onentry><send event='x' target='#_internal'><content expr='nothing'/></send></onentry><transition event='error.execution' target='b'/></state><state id='b'><transition event='x' cond='_event.data == null' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "5.6 content of donedata that fails",
        "<state id='s'><final id='f'><donedata><content expr='[1][7]'/></donedata></final><transition event='error.execution' target='t'/></state><state id='t'><transition event='done.state.s' cond='_event.data == null' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "6.2 a namelist that fails keeps the event back, and the error names it",
        "<state id='a'><onentry><send id='s' event='x' namelist='nothing'/></onentry><onentry><send event='y'/></onentry><transition event='error.execution' cond=\"_event.sendid == 's'\" target='b'/></state><state id='b'><transition event='x' target='fail'/><transition event='y' target='pass'/></state><state id='pass'/><state id='fail'/>",
        "",
        "pass",
    ),
    (
        "6.2 delays of nothing",
        "<datamodel><data id='d' expr=\"'0'\"/></datamodel><state id='a'><onentry><send event='x' delay='0'/></onentry><transition event='x' target='b'/></state><state id='b'><onentry><send event='x' delayexpr='0'/></onentry><transition event='x' target='c'/></state><state id='c'><onentry><send event='x' delayexpr='d'/></onentry><transition event='x' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "6.2 a number in delayexpr is of milliseconds",
        "<state id='a'><onentry><send event='x' delayexpr='500'/></onentry><transition event='x' target='pass'/></state><state id='pass'/>",
        "+499",
        "a",
    ),
    (
        "6.2 a number in delayexpr is of milliseconds, and then it comes",
        "<state id='a'><onentry><send event='x' delayexpr='500'/></onentry><transition event='x' target='pass'/></state><state id='pass'/>",
        "+500",
        "pass",
    ),
    (
        "3.3 the first child is the default",
        "<state id='a'><state id='b'/><state id='c'/></state>",
        "",
        "b",
    ),
    (
        "3.3 initial attribute of a state",
        "<state id='a' initial='d'><state id='b'/><state id='c'><state id='d'/></state></state>",
        "",
        "d",
    ),
    (
        "3.6 initial with content, after onentry and before the child's",
        "<datamodel><data id='x' expr=\"''\"/></datamodel><state id='a'><onentry><assign location='x' expr=\"x + 'a'\"/></onentry><initial><transition target='b'><assign location='x' expr=\"x + 'i'\"/></transition></initial><state id='b'><onentry><assign location='x' expr=\"x + 'b'\"/></onentry><transition cond=\"x == 'aib'\" target='pass'/></state></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "3.3 states without ids",
        "<state><transition event='e' target='pass'/></state><final id='pass'/>",
        "e",
        "pass",
    ),
    (
        "3.14 ids with dots",
        "<state id='a.b'><state id='a.b.c'><transition event='e' target='x.y'/></state></state><state id='x.y'/>",
        "e",
        "x.y",
    ),
    (
        "3.4 every region is entered",
        "<parallel id='p'><state id='a'/><state id='b'/></parallel>",
        "",
        "a b",
    ),
    (
        "3.4 a region with history and an event for both",
        "<parallel id='p'><state id='a'><transition event='e' target='a2'/></state><state id='b'><state id='b1'><transition event='e' target='b2'/></state><state id='b2'/></state></parallel><state id='a2'/>",
        "e",
        "a2",
    ),
    (
        "3.4 done when every region is done",
        "<parallel id='p'><state id='a'><state id='a1'><transition event='e' target='a2'/></state><final id='a2'/></state><state id='b'><state id='b1'><transition event='f' target='b2'/></state><final id='b2'/></state><transition event='done.state.p' target='pass'/></parallel><state id='pass'/>",
        "e; f",
        "pass",
    ),
    (
        "3.4 not before",
        "<parallel id='p'><state id='a'><state id='a1'><transition event='e' target='a2'/></state><final id='a2'/></state><state id='b'><state id='b1'/><final id='b2'/></state><transition event='done.state.p' target='fail'/></parallel><state id='fail'/>",
        "e",
        "a2 b1",
    ),
    (
        "3.7 done.state.id of a compound state",
        "<state id='a'><transition event='done.state.a' target='pass'/><final id='b'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "3.7 a top final state ends the run",
        "<state id='a'><transition event='e' target='f'/></state><final id='f'/>",
        "e; x",
        "f",
    ),
    (
        "3.7.1 done.state takes the ids of others that begin alike",
        "<state id='s'><transition event='done.state.s' target='pass'/><state id='s.a'><final id='s.a.f'/></state></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "3.8 each onentry is a block of its own",
        "<datamodel><data id='x' expr='0'/></datamodel><state id='a'><onentry><assign location='nothing' expr='1'/><assign location='x' expr='x + 10'/></onentry><onentry><assign location='x' expr='x + 1'/></onentry><transition event='error.execution' cond='x == 1' target='pass'/><transition event='*' target='fail'/></state><state id='pass'/><state id='fail'/>",
        "",
        "pass",
    ),
    (
        "3.9 each onexit is a block of its own",
        "<datamodel><data id='x' expr='0'/></datamodel><state id='a'><onexit><assign location='nothing' expr='1'/><assign location='x' expr='x + 10'/></onexit><onexit><assign location='x' expr='x + 1'/></onexit><transition target='b'/></state><state id='b'><transition cond='x == 1' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "3.10 shallow history",
        "<state id='a'><history id='h'><transition target='b'/></history><state id='b'><transition event='n' target='c'/></state><state id='c'><state id='c1'><transition event='n' target='c2'/></state><state id='c2'/></state><transition event='out' target='o'/></state><state id='o'><transition event='back' target='h'/></state>",
        "n; n; out; back",
        "c1",
    ),
    (
        "3.10 deep history",
        "<state id='a'><history id='h' type='deep'><transition target='b'/></history><state id='b'><transition event='n' target='c'/></state><state id='c'><state id='c1'><transition event='n' target='c2'/></state><state id='c2'/></state><transition event='out' target='o'/></state><state id='o'><transition event='back' target='h'/></state>",
        "n; n; out; back",
        "c2",
    ),
    (
        "3.10 the default of a history state",
        "<scxml initial='o'><state id='a'><history id='h'><transition target='c'/></history><state id='b'/><state id='c'/></state><state id='o'><transition event='back' target='h'/></state></scxml>",
        "back",
        "c",
    ),
    (
        "3.10 default content, once and after onentry",
        "<datamodel><data id='x' expr=\"''\"/></datamodel><state id='o'><transition event='back' target='h'/></state><state id='a'><onentry><assign location='x' expr=\"x + 'a'\"/></onentry><history id='h'><transition target='b'><assign location='x' expr=\"x + 'h'\"/></transition></history><state id='b'><onentry><assign location='x' expr=\"x + 'b'\"/></onentry><transition event='out' target='o'/><transition event='look' cond=\"x == 'ahbab'\" target='pass'/></state></state><state id='pass'/>",
        "back; out; back; look",
        "pass",
    ),
    (
        "3.10 deep history of several regions by default",
        "<scxml initial='o'><parallel id='p'><history id='h' type='deep'><transition target='a2 b2'/></history><state id='a'><state id='a1'/><state id='a2'/></state><state id='b'><state id='b1'/><state id='b2'/></state></parallel><state id='o'><transition event='back' target='h'/></state></scxml>",
        "back",
        "a2 b2",
    ),
    (
        "3.12.1 a list of descriptors",
        "<state id='a'><transition event='x y.z' target='pass'/></state><state id='pass'/>",
        "y; y.z.q",
        "pass",
    ),
    (
        "3.12.1 tokens, not letters",
        "<state id='a'><transition event='foo' target='fail'/><transition event='*' target='pass'/></state><state id='pass'/><state id='fail'/>",
        "foos",
        "pass",
    ),
    (
        "3.12.1 a trailing star",
        "<state id='a'><transition event='foo.*' target='pass'/></state><state id='pass'/>",
        "foo",
        "pass",
    ),
    (
        "3.12.1 a trailing dot",
        "<state id='a'><transition event='foo.' target='pass'/></state><state id='pass'/>",
        "foo.bar",
        "pass",
    ),
    (
        "3.13 document order among overlapping descriptors",
        "<state id='a'><transition event='a.b' cond='false' target='fail'/><transition event='*' target='pass'/><transition event='a' target='fail'/></state><state id='pass'/><state id='fail'/>",
        "a.b",
        "pass",
    ),
    (
        "3.13 a guard that fails lets the next try",
        "<state id='a'><transition event='e' cond='false' target='fail'/><transition event='*' target='pass'/><transition event='e' target='fail'/></state><state id='pass'/><state id='fail'/>",
        "e",
        "pass",
    ),
    (
        "3.13 the innermost state comes first",
        "<state id='a'><transition event='e' target='fail'/><state id='b'><transition event='e' target='pass'/></state></state><state id='pass'/><state id='fail'/>",
        "e",
        "pass",
    ),
    (
        "3.13 eventless before internal events",
        "<state id='a'><onentry><raise event='e'/></onentry><transition event='e' target='fail'/><transition target='pass'/></state><state id='pass'/><state id='fail'/>",
        "",
        "pass",
    ),
    (
        "3.13 internal events before external ones",
        "<state id='a'><onentry><send event='ext'/><raise event='int'/></onentry><transition event='int' target='pass'/><transition event='ext' target='fail'/></state><state id='pass'/><state id='fail'/>",
        "",
        "pass",
    ),
    (
        "3.13 an internal transition does not leave its source",
        "<datamodel><data id='x' expr='0'/></datamodel><state id='a'><onexit><assign location='x' expr='x + 1'/></onexit><transition event='e' type='internal' target='c'/><state id='b'/><state id='c'><transition event='look' cond='x == 0' target='pass'/></state></state><state id='pass'/>",
        "e; look",
        "pass",
    ),
    (
        "3.13 an external transition does",
        "<datamodel><data id='x' expr='0'/></datamodel><state id='a'><onexit><assign location='x' expr='x + 1'/></onexit><transition event='e' target='c'/><state id='b'/><state id='c'><transition event='look' cond='x == 1' target='pass'/></state></state><state id='pass'/>",
        "e; look",
        "pass",
    ),
    (
        "3.13 an internal transition to its own source leaves it",
        "<datamodel><data id='x' expr='0'/></datamodel><state id='a'><onexit><assign location='x' expr='x + 1'/></onexit><transition event='e' type='internal' target='a'/><transition event='look' cond='x == 1' target='pass'/><state id='b'/></state><state id='pass'/>",
        "e; look",
        "pass",
    ),
    (
        "3.13 internal on a parallel state is external",
        "<datamodel><data id='x' expr='0'/></datamodel><parallel id='p'><onexit><assign location='x' expr='x + 1'/></onexit><transition event='e' type='internal' target='a2'/><transition event='look' cond='x == 1' target='pass'/><state id='a'><state id='a1'/><state id='a2'/></state><state id='b'/></parallel><state id='pass'/>",
        "e; look",
        "pass",
    ),
    (
        "3.13 without a target nothing is left",
        "<datamodel><data id='x' expr='0'/></datamodel><state id='a'><onexit><assign location='x' expr='99'/></onexit><transition event='e'><assign location='x' expr='x + 1'/></transition><transition event='look' cond='x == 2' target='pass'/></state><state id='pass'/>",
        "e; e; look",
        "pass",
    ),
    (
        "3.13 several targets",
        "<state id='o'><transition event='e' target='a2 b2'/></state><parallel id='p'><state id='a'><state id='a1'/><state id='a2'/></state><state id='b'><state id='b1'/><state id='b2'/></state></parallel>",
        "e",
        "a2 b2",
    ),
    (
        "3.13 exit, content, entry",
        "<datamodel><data id='x' expr=\"''\"/></datamodel><state id='a'><onexit><assign location='x' expr=\"x + '1'\"/></onexit><transition target='b'><assign location='x' expr=\"x + '2'\"/></transition></state><state id='b'><onentry><assign location='x' expr=\"x + '3'\"/></onentry><transition cond=\"x == '123'\" target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "3.13 of conflicting transitions the first region's",
        "<parallel id='p'><state id='a'><transition event='e' target='x'/></state><state id='b'><transition event='e' target='y'/></state></parallel><state id='x'/><state id='y'/>",
        "e",
        "x",
    ),
    (
        "3.13 an event that nothing takes is discarded",
        "<state id='a'><transition event='e' target='pass'/></state><state id='pass'/>",
        "what.ever; e",
        "pass",
    ),
    (
        "4.2 raise, in order",
        "<state id='a'><onentry><raise event='x'/><raise event='y'/></onentry><transition event='y' target='fail'/><transition event='x' target='b'/></state><state id='b'><transition event='y' target='pass'/></state><state id='pass'/><state id='fail'/>",
        "",
        "pass",
    ),
    (
        "4.3 if, elseif, else",
        "<datamodel><data id='x' expr='2'/><data id='y'/></datamodel><state id='a'><onentry><if cond='x == 1'><assign location='y' expr='1'/><elseif cond='x == 2'/><assign location='y' expr='2'/><else/><assign location='y' expr='3'/></if></onentry><transition cond='y == 2' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "4.3 else",
        "<state id='a'><onentry><if cond='false'><raise event='x'/><elseif cond='false'/><else/><raise event='z'/></if></onentry><transition event='z' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "4.6 foreach leaves item and index in the data",
        "<datamodel><data id='sum' expr='0'/><data id='list'>[10, 20, 30]</data></datamodel><state id='a'><onentry><foreach array='list' item='it' index='i'><assign location='sum' expr='sum + it + i'/></foreach></onentry><transition cond='sum == 63 &amp;&amp; it == 30 &amp;&amp; i == 2' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "4.6 foreach in foreach, over a copy",
        "<datamodel><data id='n' expr='0'/><data id='list' expr='[1, 2]'/></datamodel><state id='a'><onentry><foreach array='list' item='x'><foreach array='list' item='y'><assign location='n' expr='n + x * y'/></foreach><assign location='list' expr='list + [9]'/></foreach></onentry><transition cond='n == 3 + 24' target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
    (
        "4.6 what is no list",
        "<datamodel><data id='x' expr='5'/></datamodel><state id='a'><onentry><foreach array='x' item='y'/><raise event='next'/></onentry><transition event='error.execution' target='pass'/><transition event='*' target='fail'/></state><state id='pass'/><state id='fail'/>",
        "",
        "pass",
    ),
    (
        "4.6 an item with no name",
        "<state id='a'><onentry><foreach array='[1]' item='1x'/><raise event='next'/></onentry><transition event='error.execution' target='pass'/><transition event='*' target='fail'/></state><state id='pass'/><state id='fail'/>",
        "",
        "pass",
    ),
    (
        "4.7 log changes nothing",
        "<state id='a'><onentry><log label='l' expr='1 + 1'/><log label='m'/></onentry><transition target='pass'/></state><state id='pass'/>",
        "",
        "pass",
    ),
];
