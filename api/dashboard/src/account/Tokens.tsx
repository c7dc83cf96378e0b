import { App, Button } from "antd";
import { useState } from "react";
import { api, data } from "../api/client";
import { problemSentence } from "../api/problem";
import { invalidate, useGet } from "../api/queries";
import { useLang, useT } from "../i18n";
import { Panel } from "../ui/Panel";
import { Empty, Read } from "../ui/states";
import { NewToken } from "./NewToken";
import { TokenRow } from "./TokenRow";
import { TOKENS } from "./tokens";

/** One's access tokens, with what each opens and when it was last used. */
export function Tokens() {
  const t = useT("account");
  const lang = useLang();
  const { message } = App.useApp();
  const [making, setMaking] = useState(false);
  const found = useGet(TOKENS, {});
  const revoke = async (id: number) => {
    try {
      await data(api.DELETE("/api/v1/auth/tokens/{token_id}", { params: { path: { token_id: id } } }));
      void message.success(t("revoked_now"));
    } catch (reason) {
      void message.error(problemSentence(reason, lang), 6);
    }
    invalidate(TOKENS);
  };
  const add = <Button size="small" onClick={() => setMaking(true)}>{t("new_token")}</Button>;
  return (
    <Panel title={t("tokens")} actions={add}>
      <p className="quiet">{t("tokens_text")}</p>
      <Read of={found} rows={3}>
        {({ items }) => (items.length === 0 ? <Empty text={t("no_tokens")} /> : (
          <ul className="tokens" aria-label={t("tokens")}>
            {items.map((one) => <TokenRow key={one.id} token={one} onRevoke={() => void revoke(one.id)} />)}
          </ul>
        ))}
      </Read>
      {making && <NewToken onClose={() => setMaking(false)} />}
    </Panel>
  );
}
