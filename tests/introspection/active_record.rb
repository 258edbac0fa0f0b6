# What ActiveRecord's connection says of tables, its schema dumper, and what models on the legacy names answer: a line for each thing.
#
#     active_record.rb PORT DATABASE TABLE… -- TABLE…
#
# Of the tables before `--` all is told; of those behind it what depends neither on the order of columns nor on the names of indexes.

require 'active_record'
port, database, *tables = ARGV
whole, _, columns = tables.slice_when { |a, b| a == '--' || b == '--' }.to_a
ActiveRecord::Base.establish_connection(adapter: 'postgresql', host: '127.0.0.1', port: port.to_i, database: database, username: 'postgres')
c = ActiveRecord::Base.connection
out = []
out << "tables #{(c.tables & (whole + columns)).sort}"
out << "current #{(c.tables & %w[halter Geräte texte clientes]).sort}"
out << "views #{c.views.sort & whole}"
(whole + columns).each do |t|
  cols = c.columns(t).map { |x| [x.name, x.sql_type, x.null, x.default, x.default_function, x.collation, x.comment, x.type, x.limit, x.precision, x.scale].inspect }
  cols.sort! if columns.include?(t)
  cols.each { |x| out << "#{t} column #{x}" }
  out << "#{t} pk #{c.primary_keys(t)} #{c.primary_key(t)}"
  out << "#{t} exists #{c.table_exists?(t)} #{c.data_source_exists?(t)} #{c.column_exists?(t, 'id')}"
  if whole.include?(t)
    c.indexes(t).each { |x| out << "#{t} index #{x.name} #{x.columns} #{x.unique} #{x.orders} #{x.opclasses} #{x.where} #{x.using} #{x.comment}" }
    c.foreign_keys(t).each { |x| out << "#{t} fk #{x.to_table} #{x.options}" }
    c.check_constraints(t).each { |x| out << "#{t} check #{x.name} #{x.expression}" }
    out << "#{t} comment #{c.table_comment(t)}"
    out << "#{t} options #{c.table_options(t)}"
  end
end
class Device < ActiveRecord::Base; self.table_name = 'device'; self.inheritance_column = 'x'; belongs_to :keeper, optional: true; end
class Keeper < ActiveRecord::Base; self.table_name = 'keeper'; has_many :devices; end
out << Device.columns_hash.keys.inspect << Device.primary_key.inspect
out << Device.where(kind: 'meter').order(:serial_no).map(&:attributes).inspect
out << Keeper.includes(:devices).order(:id).map { |k| [k.full_name, k.devices.size] }.inspect
out << Device.joins(:keeper).where(keeper: { full_name: 'Ana' }).pluck(:kind, :bought).inspect
require 'stringio'
s = StringIO.new
ActiveRecord::SchemaDumper.ignore_tables = (c.tables - whole)
ActiveRecord::SchemaDumper.dump(c, s)
out.concat s.string.lines.map(&:chomp)
puts out
