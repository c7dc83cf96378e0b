import { Button, Input, type InputRef } from "antd";
import { useEffect, useRef, useState, type FormEvent } from "react";
import { api, data, signIn } from "../api/client";
import { Problem, problemSentence } from "../api/problem";
import { useLang, useT } from "../i18n";
import type { Me } from "./session";

/** Name and password; a one-time password only where the account has one. */
export function LogInForm({ username, done }: { username?: string; done: (me: Me) => void }) {
  const [name, setName] = useState(username ?? "");
  const [password, setPassword] = useState("");
  const [otp, setOtp] = useState("");
  const [asksOtp, setAsksOtp] = useState(false);
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const first = useRef<InputRef>(null);
  const second = useRef<InputRef>(null);
  const third = useRef<InputRef>(null);
  const t = useT("shell");
  const lang = useLang();

  useEffect(() => (username ? second : first).current?.focus(), [username]);
  useEffect(() => {
    if (asksOtp) third.current?.focus();
  }, [asksOtp]);

  const refused = (reason: unknown) => {
    if (reason instanceof Problem && reason.slug === "otp_required") {
      setAsksOtp(true);
      setWrong("");
      return;
    }
    if (reason instanceof Problem && reason.status === 401) {
      setWrong(t(asksOtp ? "wrong_otp" : "wrong_password"));
      const field = asksOtp ? third : second;
      field.current?.focus({ cursor: "all" });
    } else if (reason instanceof Problem && reason.status === 429) {
      setWrong(t("too_many", { s: reason.retryAfterS ?? 60 }));
    } else {
      setWrong(problemSentence(reason, lang));
    }
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    if (!name || !password) return setWrong(t("need_both"));
    if (asksOtp && !otp) return setWrong(t("need_otp"));
    setBusy(true);
    setWrong("");
    try {
      await signIn(name, password, asksOtp ? otp.trim() : "");
      done(await data(api.GET("/api/v1/me")));
    } catch (reason) {
      refused(reason);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form className="log-in" onSubmit={(event) => void submit(event)} noValidate>
      <label>
        {t("account")}
        <Input
          ref={first} name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} maxLength={200}
          value={name} disabled={username !== undefined} onChange={(event) => setName(event.target.value)}
        />
      </label>
      <label>
        {t("password")}
        <Input
          ref={second} name="password" type="password" autoComplete="current-password" maxLength={200}
          value={password} onChange={(event) => setPassword(event.target.value)}
        />
      </label>
      {asksOtp && (
        <label>
          {t("otp")}
          <Input
            ref={third} name="otp" autoComplete="one-time-code" spellCheck={false} maxLength={40} placeholder={t("otp_hint")}
            value={otp} onChange={(event) => setOtp(event.target.value)}
          />
        </label>
      )}
      <p className="wrong" role="alert">{wrong}</p>
      <Button type="primary" htmlType="submit" block loading={busy}>{t("sign_in")}</Button>
    </form>
  );
}
