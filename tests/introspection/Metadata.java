// What pgjdbc's DatabaseMetaData says of the tables that are named, and what Hibernate, JPA tools and BI tools take from it: a line for each row.
//
//     java -cp postgresql.jar Metadata.java PORT DATABASE TABLE… -- TABLE…
//
// Of the tables before `--` all is told; of those behind it what depends neither on the order of columns nor on the names of indexes.

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

class Metadata {
    static final Set<String> ALONE = Set.of("keeper", "device");

    public static void main(String[] arguments) throws Exception {
        List<String> same = new ArrayList<>();
        List<String> computed = new ArrayList<>();
        List<String> into = same;
        for (int at = 2; at < arguments.length; at++) {
            if (arguments[at].equals("--")) {
                into = computed;
            } else {
                into.add(arguments[at]);
            }
        }
        try (Connection connection = DriverManager.getConnection("jdbc:postgresql://127.0.0.1:" + arguments[0] + "/" + arguments[1] + "?user=postgres")) {
            DatabaseMetaData data = connection.getMetaData();
            Set<String> names = new TreeSet<>();
            try (ResultSet rows = data.getTables(null, "public", "%", new String[] {"TABLE"})) {
                while (rows.next()) {
                    names.add(rows.getString("TABLE_NAME"));
                }
            }
            for (String table : same) {
                System.out.println(table + " listed " + names.contains(table));
                show(table + " table", data.getTables(null, "public", table, null), Set.of());
                show(table + " column", data.getColumns(null, "public", table, "%"), Set.of());
                show(table + " primary key", data.getPrimaryKeys(null, "public", table), Set.of());
                show(table + " index", data.getIndexInfo(null, "public", table, false, true), Set.of("PAGES", "CARDINALITY"));
                show(table + " imported", data.getImportedKeys(null, "public", table), Set.of());
                show(table + " exported", data.getExportedKeys(null, "public", table), Set.of());
                show(table + " best row", data.getBestRowIdentifier(null, "public", table, DatabaseMetaData.bestRowSession, true), Set.of());
                show(table + " privilege", data.getTablePrivileges(null, "public", table), Set.of());
                show(table + " column privilege", data.getColumnPrivileges(null, "public", table, "%"), Set.of());
                // Where several tables are one, a result says of which row of the catalogs it is: that of the first of them.
                if (ALONE.contains(table)) {
                    described(connection, table);
                }
            }
            for (String table : computed) {
                System.out.println(table + " listed " + names.contains(table));
                show(table + " table", data.getTables(null, "public", table, null), Set.of());
                show(table + " column", data.getColumns(null, "public", table, "%"), Set.of("ORDINAL_POSITION"));
                Set<String> keys = new TreeSet<>();
                try (ResultSet rows = data.getPrimaryKeys(null, "public", table)) {
                    while (rows.next()) {
                        keys.add(rows.getString("COLUMN_NAME"));
                    }
                }
                System.out.println(table + " key " + keys);
            }
            System.out.println("current " + names.contains("halter") + names.contains("Geräte") + names.contains("clientes"));
        }
    }

    /// What a query's result says of its columns: pgjdbc asks the catalogs by table and number.
    static void described(Connection connection, String table) throws Exception {
        try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM \"" + table + "\"")) {
            ResultSetMetaData data = statement.getMetaData();
            for (int at = 1; at <= data.getColumnCount(); at++) {
                System.out.println(table + " result " + data.getColumnLabel(at) + " " + data.getColumnName(at) + " " + data.getColumnTypeName(at)
                    + " " + data.isNullable(at) + " " + data.isAutoIncrement(at) + " " + data.getPrecision(at) + " " + data.getScale(at)
                    + " " + data.getTableName(at));
            }
        }
        try (Statement statement = connection.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE);
            ResultSet rows = statement.executeQuery("SELECT * FROM \"" + table + "\"")) {
            System.out.println(table + " updatable " + (rows.getConcurrency() == ResultSet.CONCUR_UPDATABLE));
        }
    }

    static void show(String what, ResultSet rows, Set<String> without) throws Exception {
        ResultSetMetaData data = rows.getMetaData();
        Set<String> lines = new TreeSet<>();
        while (rows.next()) {
            StringBuilder line = new StringBuilder(what);
            for (int at = 1; at <= data.getColumnCount(); at++) {
                if (!without.contains(data.getColumnLabel(at).toUpperCase())) {
                    line.append(' ').append(data.getColumnLabel(at)).append('=').append(rows.getString(at));
                }
            }
            lines.add(line.toString());
        }
        lines.forEach(System.out::println);
        rows.close();
    }
}
