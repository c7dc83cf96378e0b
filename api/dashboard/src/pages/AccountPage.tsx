import "../theme/account.css";
import { Password } from "../account/Password";
import { SecondFactor } from "../account/SecondFactor";
import { Tokens } from "../account/Tokens";
import { WhoIAm } from "../account/WhoIAm";
import { useT } from "../i18n";
import { useSession } from "../session/session";

/** Who one is here and what one may do, with second factor, password and tokens. */
export default function AccountPage() {
  const t = useT("account");
  const { me } = useSession();
  return (
    <div className="page account-page">
      <h1>{t("title")}</h1>
      {me.must_enrol && <p className="banner mild" role="status">{t("required")}</p>}
      <div className="account-parts">
        <div>
          <WhoIAm />
          {!me.must_enrol && <Password />}
        </div>
        <div>
          <SecondFactor />
          {!me.must_enrol && <Tokens />}
        </div>
      </div>
    </div>
  );
}
