//! What cannot be imported is said with its place.

use casewright_definition::diagnostic::Report;
use casewright_definition::import::scxml;
use casewright_definition::source::Source;
use expect_test::{Expect, expect};

fn check(text: &str, expect: Expect) {
    let source = Source::new("chart.scxml", text);
    let findings = match scxml(&source) {
        Ok(imported) => imported.findings,
        Err(errors) => errors,
    };
    expect.assert_eq(&Report::new(&source, &findings).to_string());
}

#[test]
fn a_text_that_is_no_scxml() {
    check(
        "<scxml>\n  <state id='a'>\n</scxml>",
        expect![[r#"
        error[scxml-syntax]: expected XML: expected 'state' tag, not 'scxml'
         --> chart.scxml:3:1
          |
        3 | </scxml>
          | ^
    "#]],
    );
    check(
        "<html/>",
        expect![[r#"
        error[scxml-syntax]: expected `<scxml>`, found `html`
         --> chart.scxml:1:1
          |
        1 | <html/>
          | ^^^^^
    "#]],
    );
    check(
        "<scxml version='1.1' datamodel='xpath'/>",
        expect![[r#"
            error[scxml-shape]: expected at least one state
             --> chart.scxml:1:1
              |
            1 | <scxml version='1.1' datamodel='xpath'/>
              | ^^^^^^

            error[scxml-shape]: expected version `1.0`, found `1.1`
             --> chart.scxml:1:17
              |
            1 | <scxml version='1.1' datamodel='xpath'/>
              |                 ^^^

            error[scxml-unsupported]: the data model `xpath` cannot be imported
             --> chart.scxml:1:33
              |
            1 | <scxml version='1.1' datamodel='xpath'/>
              |                                 ^^^^^
              |
              = hint: `null` and `cel` can, and what ECMAScript has in common with CEL
        "#]],
    );
}

#[test]
fn what_workflows_do_not_have() {
    check(
        "<scxml datamodel='cel'>
  <script>x = 1</script>
  <state id='a'>
    <invoke type='scxml' src='b.scxml'/>
    <onentry>
      <send event='e' target='#_parent'/>
      <send event='e' type='basichttp'/>
      <foo xmlns='urn:x'/>
    </onentry>
  </state>
</scxml>",
        expect![[r#"
            error[scxml-unsupported]: `<script>` cannot be imported
             --> chart.scxml:2:3
              |
            2 |   <script>x = 1</script>
              |   ^^^^^^^
              |
              = hint: `<assign>` changes data, and a plugin decides what an expression cannot

            error[scxml-unsupported]: `<invoke>` cannot be imported
             --> chart.scxml:4:5
              |
            4 |     <invoke type='scxml' src='b.scxml'/>
              |     ^^^^^^^
              |
              = hint: a state runs a function of a plugin: `type="urn:casewright:service"` and `src="plugin.function"`; another session is a region of a `<parallel>`, or another case

            warning[scxml-unsupported]: events cannot be sent to `#_parent`, so trying raises `error.communication`
             --> chart.scxml:6:31
              |
            6 |       <send event='e' target='#_parent'/>
              |                               ^^^^^^^^
              |
              = hint: a chart sends to itself: leave `target` away, or say `#_internal`

            warning[scxml-unsupported]: events cannot be sent by `basichttp`, so trying raises `error.execution`
             --> chart.scxml:7:29
              |
            7 |       <send event='e' type='basichttp'/>
              |                             ^^^^^^^^^
              |
              = hint: `scxml` sends events to the chart itself; leave `type` away

            warning[scxml-unsupported]: `foo` is no element of SCXML, so it is left away
             --> chart.scxml:8:7
              |
            8 |       <foo xmlns='urn:x'/>
              |       ^^^^
              |
              = hint: what an editor notes, and actions of one engine, have no part in a workflow
        "#]],
    );
}

#[test]
fn names_and_expressions() {
    check(
        "<scxml datamodel='cel' initial='b'>
  <datamodel>
    <data id='count' expr='1 +'/>
    <data id='_x'/>
    <data id='far' src='far.json'/>
  </datamodel>
  <state id='a'>
    <transition event='e' cond='cuont &lt; 1 &amp;&amp; In(\"aa\")' target='a c'/>
    <transition event='f' cond='sise(count) > 1 || _event.origin == 1' targt='a'/>
    <transition cond='_ioprocessors == 1' target='a'/>
  </state>
  <state id='a'/>
</scxml>",
        expect![[r#"
            error[scxml-state]: no state has the id `b`
             --> chart.scxml:1:33
              |
            1 | <scxml datamodel='cel' initial='b'>
              |                                 ^

            warning[scxml-expression]: expected a value, found the end of the expression, so it raises `error.execution`
             --> chart.scxml:3:28
              |
            3 |     <data id='count' expr='1 +'/>
              |                            ^^^

            error[scxml-expression]: expected a name of CEL that does not begin with `_`, found `_x`
             --> chart.scxml:4:15
              |
            4 |     <data id='_x'/>
              |               ^^

            error[scxml-unsupported]: data from elsewhere cannot be imported
             --> chart.scxml:5:25
              |
            5 |     <data id='far' src='far.json'/>
              |                         ^^^^^^^^
              |
              = hint: write the value into the document, as JSON

            warning[scxml-variable]: no `<data>` declares `cuont`, so using it raises `error.execution`
             --> chart.scxml:8:33
              |
            8 |     <transition event='e' cond='cuont &lt; 1 &amp;&amp; In("aa")' target='a c'/>
              |                                 ^^^^^
              |
              = hint: did you mean `count`?

            warning[scxml-state]: no state has the id `aa`, so `In` is false
             --> chart.scxml:8:60
              |
            8 |     <transition event='e' cond='cuont &lt; 1 &amp;&amp; In("aa")' target='a c'/>
              |                                                            ^^^^
              |
              = hint: did you mean `a`?

            error[scxml-state]: no state has the id `c`
             --> chart.scxml:8:77
              |
            8 |     <transition event='e' cond='cuont &lt; 1 &amp;&amp; In("aa")' target='a c'/>
              |                                                                             ^

            warning[scxml-expression]: no function is called `sise`, so it raises `error.execution`
             --> chart.scxml:9:33
              |
            9 |     <transition event='f' cond='sise(count) > 1 || _event.origin == 1' targt='a'/>
              |                                 ^^^^
              |
              = hint: did you mean `size`?

            error[scxml-shape]: `<transition>` has no attribute `targt`
             --> chart.scxml:9:72
              |
            9 |     <transition event='f' cond='sise(count) > 1 || _event.origin == 1' targt='a'/>
              |                                                                        ^^^^^
              |
              = hint: did you mean `target`?

            error[scxml-state]: two states have the id `a`
              --> chart.scxml:12:14
               |
            12 |   <state id='a'/>
               |              ^
        "#]],
    );
}

#[test]
fn attributes_that_exclude_each_other() {
    check(
        "<scxml datamodel='cel'>
  <state id='a'>
    <onentry>
      <send event='e' eventexpr='1' delay='soon'/>
      <send/>
      <send event='e' target='#_internal' delay='1s'/>
      <assign location='a[0]' expr='1'/>
      <cancel/>
      <raise/>
    </onentry>
    <transition event='e' type='inner'><else/></transition>
  </state>
</scxml>",
        expect![[r#"
            error[scxml-shape]: expected `event` or `eventexpr`, found both
             --> chart.scxml:4:34
              |
            4 |       <send event='e' eventexpr='1' delay='soon'/>
              |                                  ^

            error[scxml-shape]: expected a delay such as `1.5s` or `200ms`, found `soon`
             --> chart.scxml:4:44
              |
            4 |       <send event='e' eventexpr='1' delay='soon'/>
              |                                            ^^^^

            error[scxml-shape]: expected `<send>` to have `event` or `eventexpr`
             --> chart.scxml:5:7
              |
            5 |       <send/>
              |       ^^^^^

            error[scxml-shape]: an event to the internal queue has no delay
             --> chart.scxml:6:50
              |
            6 |       <send event='e' target='#_internal' delay='1s'/>
              |                                                  ^^

            warning[scxml-variable]: no `<data>` declares `a`, so using it raises `error.execution`
             --> chart.scxml:7:25
              |
            7 |       <assign location='a[0]' expr='1'/>
              |                         ^^^^

            error[scxml-shape]: expected `<cancel>` to have `sendid` or `sendidexpr`
             --> chart.scxml:8:7
              |
            8 |       <cancel/>
              |       ^^^^^^^

            error[scxml-shape]: expected `<raise>` to have `event`
             --> chart.scxml:9:7
              |
            9 |       <raise/>
              |       ^^^^^^

            error[scxml-shape]: expected `internal` or `external`, found `inner`
              --> chart.scxml:11:33
               |
            11 |     <transition event='e' type='inner'><else/></transition>
               |                                 ^^^^^

            error[scxml-shape]: `<else>` does not belong in `<transition>`
              --> chart.scxml:11:40
               |
            11 |     <transition event='e' type='inner'><else/></transition>
               |                                        ^^^^^
        "#]],
    );
}

#[test]
fn a_variable_that_nothing_declares_is_a_warning() {
    check(
        "<scxml datamodel='cel'>
  <datamodel><data id='count'/></datamodel>
  <state id='a'><transition cond='cuont == 1' target='a'/></state>
</scxml>",
        expect![[r#"
            warning[scxml-variable]: no `<data>` declares `cuont`, so using it raises `error.execution`
             --> chart.scxml:3:35
              |
            3 |   <state id='a'><transition cond='cuont == 1' target='a'/></state>
              |                                   ^^^^^
              |
              = hint: did you mean `count`?
        "#]],
    );
}

#[test]
fn what_ecmascript_does_not_share_with_cel() {
    check(
        "<scxml datamodel='ecmascript'>
  <datamodel><data id='n' expr='1'/></datamodel>
  <state id='a'>
    <onentry>
      <assign location='n' expr='n / 2'/>
      <assign location='n' expr='new Date()'/>
      <assign location='n' expr='Math.floor(n)'/>
    </onentry>
  </state>
</scxml>",
        expect![[r#"
            error[scxml-expression]: `/` is not the same in CEL, which divides whole numbers
             --> chart.scxml:5:36
              |
            5 |       <assign location='n' expr='n / 2'/>
              |                                    ^

            error[scxml-expression]: expected an operator or the end of the expression, found `Date`
             --> chart.scxml:6:38
              |
            6 |       <assign location='n' expr='new Date()'/>
              |                                      ^

            error[scxml-expression]: no function is called `floor`
             --> chart.scxml:7:39
              |
            7 |       <assign location='n' expr='Math.floor(n)'/>
              |                                       ^^^^^
        "#]],
    );
}

#[test]
fn what_drafts_and_editors_leave_behind() {
    check(
        "<!DOCTYPE scxml PUBLIC 'x' 'y.dtd'>
<scxml datamodel='cel' profile='ecmascript' exmode='fast'>
  <state id='a'><onentry><do xmlns='urn:x'/></onentry><transition event='e.*' target='b'/></state>
  <state id='b'/>
</scxml>",
        expect![[r#"
            warning[scxml-unsupported]: expected the `profile` to be the data model, `cel`
             --> chart.scxml:2:33
              |
            2 | <scxml datamodel='cel' profile='ecmascript' exmode='fast'>
              |                                 ^^^^^^^^^^
              |
              = hint: `datamodel` counts; leave `profile` away

            warning[scxml-unsupported]: expected `lax` or `strict`, found `fast`
             --> chart.scxml:2:53
              |
            2 | <scxml datamodel='cel' profile='ecmascript' exmode='fast'>
              |                                                     ^^^^
              |
              = hint: `exmode` has no part in a workflow; leave it away

            warning[scxml-unsupported]: `do` is no element of SCXML, so it is left away
             --> chart.scxml:3:26
              |
            3 |   <state id='a'><onentry><do xmlns='urn:x'/></onentry><transition event='e.*' target='b'/></state>
              |                          ^^^
              |
              = hint: what an editor notes, and actions of one engine, have no part in a workflow
        "#]],
    );
    check(
        "<scxml profile='mine'><state id='a'/></scxml>",
        expect![[r#"
        warning[scxml-unsupported]: the profile `mine` is not known, so it is left away
         --> chart.scxml:1:17
          |
        1 | <scxml profile='mine'><state id='a'/></scxml>
          |                 ^^^^
          |
          = hint: say the data model with `datamodel`
    "#]],
    );
}

#[test]
fn entities_are_refused() {
    check(
        "<!DOCTYPE scxml [<!ENTITY e 'x'>]>\n<scxml><state id='a'/></scxml>",
        expect![[r#"
            error[scxml-syntax]: expected XML: a document type without entities
             --> chart.scxml:1:1
              |
            1 | <!DOCTYPE scxml [<!ENTITY e 'x'>]>
              | ^
        "#]],
    );
}

#[test]
fn a_script_that_does_something() {
    check(
        "<scxml><script src='x.js'/><state id='a'><onentry><script><!-- x -->x()</script></onentry></state></scxml>",
        expect![[r#"
            error[scxml-unsupported]: `<script>` cannot be imported
             --> chart.scxml:1:8
              |
            1 | <scxml><script src='x.js'/><state id='a'><onentry><script><!-- x -->x()</script></onentry></state></scxml>
              |        ^^^^^^^
              |
              = hint: `<assign>` changes data, and a plugin decides what an expression cannot

            error[scxml-unsupported]: `<script>` cannot be imported
             --> chart.scxml:1:51
              |
            1 | <scxml><script src='x.js'/><state id='a'><onentry><script><!-- x -->x()</script></onentry></state></scxml>
              |                                                   ^^^^^^^
              |
              = hint: `<assign>` changes data, and a plugin decides what an expression cannot
        "#]],
    );
}

#[test]
fn a_send_without_a_name_or_with_half_a_delay() {
    check(
        "<scxml>
  <state id='a'>
    <onentry>
      <send><content>hello</content></send>
      <send event='e' delay='5'/>
    </onentry>
  </state>
</scxml>",
        expect![[r#"
            error[scxml-shape]: expected `<send>` to have `event` or `eventexpr`
             --> chart.scxml:4:7
              |
            4 |       <send><content>hello</content></send>
              |       ^^^^^
              |
              = hint: content alone is a message of HTTP; a chart takes events by their names

            error[scxml-shape]: expected a delay such as `1.5s` or `200ms`, found `5`
             --> chart.scxml:5:30
              |
            5 |       <send event='e' delay='5'/>
              |                              ^
        "#]],
    );
}
