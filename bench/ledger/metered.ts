import type { DynamoCall } from "../../lambda/adapters/dynamodb/direct-store.ts";

/** The steps of a request that DynamoDB is paid for. */
export type Step = "hold" | "settle" | "drain";

/** Write units that DynamoDB said it had consumed, by step and by table or index. */
export class Meter {
  readonly #units = new Map<string, number>();

  /** A client that asks what each of its calls consumed; the answer is otherwise as it was. */
  metered(step: Step, call: DynamoCall): DynamoCall {
    return async (operation, body) => {
      const input: object = JSON.parse(body);
      const answer = await call(operation, JSON.stringify({ ...input, ReturnConsumedCapacity: "INDEXES" }));
      if (answer.status === 200) this.#count(step, JSON.parse(answer.body).ConsumedCapacity);
      return answer;
    };
  }

  #count(step: Step, consumed: Consumed | undefined): void {
    if (consumed === undefined) throw new Error("the store does not say what a call consumed");
    const add = (where: string, units: number) =>
      this.#units.set(`${step} ${where}`, (this.#units.get(`${step} ${where}`) ?? 0) + units);
    add(consumed.TableName, consumed.Table?.CapacityUnits ?? consumed.CapacityUnits);
    for (const [index, { CapacityUnits }] of Object.entries(consumed.GlobalSecondaryIndexes ?? {})) {
      add(`${consumed.TableName}.${index}`, CapacityUnits);
    }
  }

  /** Units by `<step> <table or index>` since the last time. */
  take(): ReadonlyMap<string, number> {
    const taken = new Map(this.#units);
    this.#units.clear();
    return taken;
  }
}

interface Consumed {
  readonly TableName: string;
  readonly CapacityUnits: number;
  readonly Table?: { readonly CapacityUnits: number };
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits: number }>>;
}
