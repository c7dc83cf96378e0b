import { useT } from "../i18n";
import { useSession } from "../session/session";
import { Password } from "./Password";
import { SecondFactor } from "./SecondFactor";
import { Tokens } from "./Tokens";
import { WhoIAm } from "./WhoIAm";

/** One's own account. Where the role needs a second factor that is not there yet, nothing else is offered. */
export function Mine() {
  const t = useT("account");
  const { me } = useSession();
  return (
    <>
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
    </>
  );
}
