"""Sluis: a Trusted Third Party for secure aggregation. The journey of a figure, and the file for each step.

Taking parties in
    use_cases/invite_organisation      an operator takes an organisation in, with its agreement; a one-time code
    use_cases/register_key             the organisation registers the public half of its key
    use_cases/issue_token              its machine gets a short access token; `revoke_key`, `suspend_organisation`
    use_cases/authenticate             who a bearer token belongs to: a machine here, a person at an OpenID provider

Collecting
    use_cases/create_round, change_round, read_rounds
    use_cases/admission                may this delivery come in? asked before the checks and again at the end
    use_cases/submit_records           records inline, in one call
    use_cases/begin_submission, receive_part, complete_submission, abandon_submission
    use_cases/withdraw_submission      it counts no longer, at once; `counting` sends back what rests on it
    use_cases/lodge_objection          a person is left out of what is made from then on; `read_objections`
    use_cases/acceptance               checks (`sluis_client.wire`), encrypted part, facts and event, signed receipt

From a question to a release
    use_cases/request_aggregate        the policy permits or denies with every reason (`domain/facts`, `policies/`)
    use_cases/retract_request          its owner gives it up
    use_cases/prepare_request          parts to contributions, protection next to every earlier release, attack
    use_cases/noisy_tables             public figures: noise instead, drawn once and paid for on a budget per round
    use_cases/review_request           two different stewards on the same evidence
    use_cases/release_request          looked at once more, signed, sealed: immutable; `withdraw_release`
    use_cases/publish_release          readable once the log covers its events; with its certificate
    use_cases/read_releases            for recipients; to anyone else it does not exist
    domain/working_model, catchment    pictures of a release, made of its cells alone (`domain/released`)

Keeping watch
    use_cases/call                     every use case is one transaction with one authorisation and one audit event
    use_cases/read_audit_log           for auditors; the reading is an event too
    use_cases/sequence_log             every event gets its place in a Merkle log, and a signed checkpoint covers it
    use_cases/read_log, export_log     tree and proofs for anybody; the whole log for who verifies it
    use_cases/erase_expired_events     event and salt go after retention, the hash stays
    use_cases/sweep_store              orphans go, missing parts are an alarm

Layers, held by import-linter: composition > api | cli | adapters > use_cases > ports > domain | disclosure.
"""
