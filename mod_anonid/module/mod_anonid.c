/* SPDX-License-Identifier: Apache-2.0
 *
 * The module record. It must not know how anything is done.
 */
#include <httpd.h>
#include <http_config.h>

extern module AP_MODULE_DECLARE_DATA anonid_module;

AP_DECLARE_MODULE(anonid) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, NULL, 0
};
