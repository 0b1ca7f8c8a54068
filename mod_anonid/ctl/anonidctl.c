/* SPDX-License-Identifier: Apache-2.0
 *
 * The program's entry. It must not know how anything is done.
 */
int main(void)
{
    return 0;
}
