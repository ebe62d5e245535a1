package bank;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;

/** Uses the generated classes: this compiles only where each part has a type of its own. */
public final class Use {
    private Use() {}

    static String next(String json) throws Exception {
        BankReceiptV1 receipt = new ObjectMapper().readValue(json, BankReceiptV1.class);
        BankReceiptV1.LegState state = receipt.getLegState();
        NextDeadline deadline = receipt.getNextDeadline();
        List<ReceiptWarning> warnings = receipt.getWarnings();
        Long offset = receipt.getReply().getOffset();
        String field = receipt.getField();
        return state + " " + deadline.getZh() + " " + warnings.get(0).getCode() + " " + offset + " " + field;
    }

    static BankReportV1 offer() {
        BankReportV1 report = new BankReportV1();
        report.setState(BankReportV1.State.APPROVED);
        report.setAmount("500000.00");
        report.setTermMonths(12);
        report.setReason(BankReportV1.Reason.CASH_FLOW);
        return report;
    }
}
