import type { Model } from "../core/catalog.ts";
import { GatewayError } from "../core/errors.ts";
import { type ChatFields, chatRequestSchema } from "./chat-schema.ts";

/** Where to call and with whose key is the operator's to say. */
const FOREIGN_FIELDS = ["api_key", "base_url", "api_base"];
/** Each of these changes the price, and no model here has a price for it. */
const PRICED_FIELDS = ["web_search_options", "search_parameters", "plugins"];
/** Fields that we set, or that decide money. Providers written in Go would also read `MAX_TOKENS`, after ours. */
const GUARDED_FIELDS = new Set([
  ...Object.keys(chatRequestSchema.shape),
  ...FOREIGN_FIELDS,
  ...PRICED_FIELDS,
]);

/** @throws GatewayError for a field that is the operator's to say, or has a price that no model here has. */
export function refuseForeignFields(fields: ChatFields): void {
  for (const param of Object.keys(fields)) {
    const guarded = param.toLowerCase();
    if (guarded !== param && GUARDED_FIELDS.has(guarded)) {
      const message = `\`${param}\` is not a field; \`${guarded}\` is.`;
      throw new GatewayError("unsupported_parameter", message, { param });
    }
  }
  for (const param of FOREIGN_FIELDS) {
    if (param in fields) {
      throw new GatewayError("unsupported_parameter", `\`${param}\` is not accepted in a request.`, {
        param,
      });
    }
  }
  for (const param of PRICED_FIELDS) {
    if (fields[param] !== undefined && fields[param] !== null) {
      const message = `\`${param}\` changes the price, and there is no price for it here: leave it out.`;
      throw new GatewayError("unsupported_parameter", message, { param });
    }
  }
  const tier = fields.service_tier ?? "auto";
  if (tier !== "auto" && tier !== "default") {
    const message = "`service_tier` changes the price: only auto and default are available here.";
    throw new GatewayError("unsupported_parameter", message, { param: "service_tier" });
  }
}

/** A content part's type, and the modality a model must read for it. */
const MODALITY_OF = { image_url: "image", input_audio: "audio", file: "file" } as const;

/** @throws GatewayError when the request holds or asks for something this model does not read or write. */
export function refuseUnreadable(fields: ChatFields, model: Model): void {
  if (fields.modalities?.includes("audio") && !model.outputModalities.includes("audio")) {
    const message = `${model.id} does not answer in audio.`;
    throw new GatewayError("invalid_value", message, { param: "modalities" });
  }
  fields.messages.forEach(({ content }, i) => {
    if (!Array.isArray(content)) return;
    content.forEach((part, j) => {
      const modality = modalityOf(part.type);
      if (modality && !model.inputModalities.includes(modality)) {
        const message = `${model.id} does not read ${part.type}: it reads ${model.inputModalities.join(", ")}.`;
        throw new GatewayError("invalid_value", message, { param: `messages[${i}].content[${j}]` });
      }
    });
  });
}

function modalityOf(type: string): (typeof MODALITY_OF)[keyof typeof MODALITY_OF] | undefined {
  return type === "image_url" || type === "input_audio" || type === "file" ? MODALITY_OF[type] : undefined;
}
