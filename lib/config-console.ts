/** Who signs in to the console, and where. docs/console.md tells it to operators. */
import { z } from "zod";
import { fields, text, wholeNumber } from "./config-fields.ts";

const URL_FORM = 'an https URL without query, such as "https://login.example.com"';

const httpsUrl = z
  .string({ error: URL_FORM })
  .refine((value) => /^https:\/\/[^\s?#]+$/.test(value) && URL.canParse(value), { error: URL_FORM })
  .transform((value) => value.replace(/\/+$/, ""));

const hours = wholeNumber("a number of hours").max(720, { error: "at most 720 hours" });
const days = wholeNumber("a number of days").max(90, { error: "at most 90 days" });

export const Console = fields({
  /** Of OpenID Connect. Absent: the stack makes a user pool of Cognito's. On one machine an embedded issuer is used. */
  issuer: httpsUrl.optional(),
  /** What the issuer knows the console as. */
  clientId: text(/^[\x21-\x7e]{1,200}$/, "the client's id at the issuer").optional(),
  scope: text(/^openid( [\w:./-]+)*$/, 'scopes that begin with "openid"').default("openid email profile"),
  /** The claim of the identity token that lists groups. */
  operatorClaim: text(/^[\x21-\x7e]{1,100}$/, "the name of a claim").default("cognito:groups"),
  operatorGroup: text(/^[\x21-\x7e]{1,100}$/, "the name of a group").default("operators"),
  /** In Cognito: may people sign up by themselves? */
  selfSignUp: z.boolean({ error: "true or false" }).default(false),
  sessionHours: hours.default(12),
  inviteDays: days.default(7),
  /** What an account begins with that a first sign-in makes. */
  welcomeCreditUsd: text(/^\d{1,6}(\.\d{1,2})?$/, 'USD and cents as a string, such as "5"').default("0"),
}).superRefine(({ issuer, clientId }, context) => {
  if ((issuer === undefined) === (clientId === undefined)) return;
  const [missing, other] = issuer === undefined ? ["issuer", "clientId"] : ["clientId", "issuer"];
  context.addIssue({ code: "custom", message: `one, since there is ${other}`, path: [missing] });
});
