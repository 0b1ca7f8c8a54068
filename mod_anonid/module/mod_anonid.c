/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The module record: what httpd calls, and in which order the parts register
 * their hooks. It must not know how anything is done.
 */
#include "module/probe/probe.h"
#include "module/config/config.h"
#include "module/validate/dump.h"
#include "module/map/map.h"
#include "module/supervisor/parent.h"
#include "module/status/status.h"
#include "module/submit/submit.h"

static void register_hooks(apr_pool_t *p)
{
    anonid_config_register(p);
    anonid_check_register(p);
    anonid_dump_register(p);
    anonid_parent_register(p);
    anonid_forged_register(p);
    anonid_map_register(p);
    anonid_inherit_register(p);
    anonid_identity_register(p);
    anonid_valid_user_register(p);
    anonid_require_register(p);
    anonid_submit_register(p);
    anonid_status_register(p);
    anonid_server_status_register(p);
    anonid_variables_register(p);
}

AP_DECLARE_MODULE(anonid) = {
    STANDARD20_MODULE_STUFF,
    anonid_config_create_dir,
    anonid_config_merge_dir,
    anonid_config_create_server,
    NULL, /* a virtual host's own references do not merge */
    anonid_directives,
    register_hooks,
    0,
};
