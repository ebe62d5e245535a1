// Uses the generated types: this compiles only where each part has a type of its own.
import type { AnsweredReply } from "./bank_receipt_v1";
import type { BankReport } from "./bank_report_v1";

export function next(receipt: AnsweredReply): string | undefined {
  const offset: number = receipt.reply.offset;
  const field: string | null | undefined = receipt.field;
  const warned: string[] = (receipt.warnings ?? []).map((warning) => warning.code);
  return receipt.next_deadline?.due_at ?? receipt.leg_state ?? field ?? warned[offset];
}

export const offer: BankReport = {
  report_id: "core-7781",
  leg: "RZ-20260213-00042/1",
  state: "approved",
  evidence: { by: "客户经理李某" },
  amount: "500000.00",
  rate_percent: "3.85",
  term_months: 12,
};

// @ts-expect-error: no bank reports that a leg was pushed
export const pushed: BankReport = { ...offer, state: "pushed" };
// @ts-expect-error: a term is a number
export const term: BankReport = { ...offer, term_months: "12" };
